import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { createGuardedLookup, ForbiddenAddressError, type ResolveAll } from './guarded-lookup.ts';

export interface ConnectorOptions {
  /** From the first SYN to the end of the TLS handshake. */
  timeoutMs: number;
  /** ACC-7: `http://`, `https://` or `socks5://`, user and password allowed; absent or null = direct. */
  proxyUrl?: string | null;
  /** PEM; added for upstreams with a private authority. */
  ca?: string;
  /** For tests. */
  resolveAll?: ResolveAll;
}

/** Opens sockets for undici, HTTP/1.1 only; literal addresses are checked here, names in the lookup. */
export function createGuardedConnector(
  policy: { isAllowedAddress(address: string): boolean },
  { timeoutMs, ca, resolveAll }: Omit<ConnectorOptions, 'proxyUrl'>,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: timeoutMs,
    lookup: createGuardedLookup(policy, resolveAll),
    ...(ca === undefined ? {} : { ca }),
  });
  return (options, callback) => {
    const host = options.hostname;
    if (isIP(host) !== 0 && !policy.isAllowedAddress(host)) {
      // Later, as a connection's failure would be: callers do not expect it inside their own call.
      queueMicrotask(() => callback(new ForbiddenAddressError(host), null));
      return;
    }
    connect(options, callback);
  };
}
