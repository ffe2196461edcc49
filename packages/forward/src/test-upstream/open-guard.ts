import { buildConnector } from 'undici';
import type { OutboundGuard } from '../undici/undici-client.ts';

/** Loopback is where the tests live, so this guard lets everything pass. */
export const openGuard: OutboundGuard = {
  createConnector: ({ timeoutMs }) => buildConnector({ allowH2: false, timeout: timeoutMs }),
};
