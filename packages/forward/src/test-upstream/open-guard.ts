import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { buildConnector } from 'undici';
import type { SocketGuard } from '../http1/http1-client.ts';
import type { OutboundGuard } from '../undici/undici-client.ts';

/** Loopback is where the tests live, so this guard lets everything pass. `tls`: e.g. the authority to trust. */
export function buildOpenGuard(tls: ConnectionOptions = {}): OutboundGuard & SocketGuard {
  return {
    createConnector: ({ timeoutMs }) => buildConnector({ ...tls, allowH2: false, timeout: timeoutMs }),
    openSocket: ({ isTls, ...options }) =>
      isTls ? connectTls({ ...options, ...tls }) : connectPlain(options),
  };
}

export const openGuard = buildOpenGuard();
