import { connect as connectPlain, isIP, type LookupFunction, type OnReadOpts, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createGuardedLookup, ForbiddenAddressError, type ResolveAll } from './guarded-lookup.ts';

export interface SocketOptions {
  isTls: boolean;
  /** A name or an IP literal, without brackets. */
  host: string;
  port: number;
  /** Read straight into the caller's memory instead of a stream's buffers. */
  onread?: OnReadOpts;
  /** TLS session to resume, from an earlier `session` event of the same host and port. */
  session?: Buffer;
  /** PEM; added for upstreams with a private authority. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

/**
 * Opens a checked HTTP/1.1 connection and returns its socket at once, before `connect` (`secureConnect` for TLS)
 * or `error`. Certificates are verified. Without a time limit: that is the caller's. A forbidden address ends in
 * an `error` with code ERR_OUTBOUND_FORBIDDEN; literal addresses are checked here, names in the lookup.
 */
export function openGuardedSocket(
  policy: { isAllowedAddress(address: string): boolean },
  { isTls, resolveAll, ...options }: SocketOptions,
): Socket {
  if (isIP(options.host) !== 0 && !policy.isAllowedAddress(options.host)) {
    return new Socket().destroy(new ForbiddenAddressError(options.host));
  }
  const lookup = createGuardedLookup(policy, resolveAll);
  return isTls ? openTls(options, lookup) : connectPlain({ ...options, lookup });
}

function openTls(options: Omit<SocketOptions, 'isTls' | 'resolveAll'>, lookup: LookupFunction): Socket {
  // RFC 6066 §3: no literal addresses in SNI. The certificate is checked against `host` either way.
  const names = isIP(options.host) === 0 ? { servername: options.host } : {};
  return connectTls({ ...options, ...names, lookup, ALPNProtocols: ['http/1.1'] });
}
