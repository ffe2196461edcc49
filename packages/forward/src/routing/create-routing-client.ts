import type { UpstreamClient } from '../port.ts';

export interface RoutedClients {
  /** Carries requests without a proxy. */
  direct: UpstreamClient;
  /** Carries those of accounts with one (ACC-7). */
  proxied: UpstreamClient;
}

/** One client out of two: each request goes by whether it has a proxy. Closes both. */
export function createRoutingClient({ direct, proxied }: RoutedClients): UpstreamClient {
  return {
    send: (request, handler) =>
      (typeof request.proxyUrl === 'string' ? proxied : direct).send(request, handler),
    async close() {
      await Promise.all([direct.close(), proxied.close()]);
    },
  };
}
