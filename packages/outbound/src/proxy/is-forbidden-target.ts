import { isIP } from 'node:net';

export interface AddressRules {
  isAllowedAddress(address: string): boolean;
}

/**
 * A target whose name a proxy resolves shows only so much by itself. RFC 6761 §6.3: names under `localhost` are
 * loopback, wherever they are resolved.
 */
export function isForbiddenTarget(rules: AddressRules, hostname: string): boolean {
  if (isIP(hostname) !== 0) return !rules.isAllowedAddress(hostname);
  return /(^|\.)localhost\.?$/iu.test(hostname) && !rules.isAllowedAddress('127.0.0.1');
}
