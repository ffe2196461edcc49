import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from './router.ts';

export type TollgateClient = TRPCClient<AppRouter>;

export interface ClientOptions {
  /** Of the control plane, e.g. `https://control.example.com`; a path prefix is kept. */
  url: string;
  /** An admin token. */
  token?: string;
  /** Ends requests that are under way. */
  signal?: AbortSignal;
}

const BATCH_ITEMS_MAX = 20;
const URL_CHARACTERS_MAX = 8_000;

/**
 * A typed client of the control plane: `client.groups.create.mutate({ … })`. Rejects with TRPCClientError, whose
 * `data.code` is e.g. `NOT_FOUND` and whose `data.problems` lists what is wrong with the input.
 */
export function createTollgateClient({ url, token, signal }: ClientOptions): TollgateClient {
  const base = url.replace(/\/+$/, '');
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${base}/trpc`,
        maxItems: BATCH_ITEMS_MAX,
        maxURLLength: URL_CHARACTERS_MAX,
        headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(signal && {
          fetch: (input, init) =>
            fetch(input, { ...(init as RequestInit), signal: joinSignals(signal, init?.signal) }),
        }),
      }),
    ],
  });
}

function joinSignals(outer: AbortSignal, inner: AbortSignal | null | undefined): AbortSignal {
  return inner ? AbortSignal.any([outer, inner]) : outer;
}
