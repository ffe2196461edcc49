import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { isPublicAddress, parseAddress } from './address-rules.ts';
import { type ConnectorOptions, createGuardedConnector } from './guarded-connector.ts';
import { openGuardedSocket, type SocketOptions } from './guarded-socket.ts';
import { isInRange, parseAllowList } from './parse-allow-list.ts';
import { createProxiedConnector } from './proxy/proxied-connector.ts';
import {
  parseUrlText,
  parseWholeUrlText,
  type ParsedUpstreamUrl,
  type ParsedWholeUrl,
} from './parse-upstream-url.ts';

/** OPS-6: where this installation may connect to when an operator (or an upstream) names the address. */
export interface OutboundPolicy {
  /**
   * Reads an upstream's base URL: http or https, no credentials, query or fragment, path prefix allowed. A
   * literal address must be allowed; names are judged when they are dialled.
   */
  parseUpstreamUrl(text: string): ParsedUpstreamUrl;
  /** The same of a whole URL, of a webhook: path and query are kept as they are, a fragment is refused. */
  parseWholeUrl(text: string): ParsedWholeUrl;
  /** Textual v4 or v6 address. False for anything else. */
  isAllowedAddress(address: string): boolean;
  /** Opens checked connections for undici, direct or through a proxy; see `createProxiedConnector`. */
  createConnector(options: ConnectorOptions): buildConnector.connector;
  /** Opens one checked connection; see `openGuardedSocket`. */
  openSocket(options: SocketOptions): Socket;
}

/**
 * `allow`: CIDR ranges or addresses that are reachable although they are not public (an upstream in the own
 * network). Throws an Error that names the entry which cannot be read.
 */
export function createOutboundPolicy({ allow }: { allow: readonly string[] }): OutboundPolicy {
  const ranges = parseAllowList(allow);
  const isAllowedAddress = (text: string): boolean => {
    const address = parseAddress(text);
    if (address === null) return false;
    return isPublicAddress(address) || ranges.some((range) => isInRange(address, range));
  };
  return {
    isAllowedAddress,
    parseUpstreamUrl(text) {
      const parsed = parseUrlText(text);
      if (!parsed.ok || parseAddress(parsed.url.hostname) === null) return parsed;
      return isAllowedAddress(parsed.url.hostname) ? parsed : { ok: false, problem: 'forbidden-address' };
    },
    parseWholeUrl(text) {
      const parsed = parseWholeUrlText(text);
      const host = parsed.ok ? parsed.url.hostname : '';
      if (parseAddress(host) === null || isAllowedAddress(host)) return parsed;
      return { ok: false, problem: 'forbidden-address' };
    },
    createConnector: ({ proxyUrl, ...options }) =>
      typeof proxyUrl === 'string'
        ? createProxiedConnector({ isAllowedAddress }, { ...options, proxyUrl })
        : createGuardedConnector({ isAllowedAddress }, options),
    openSocket: (options) => openGuardedSocket({ isAllowedAddress }, options),
  };
}
