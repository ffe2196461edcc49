import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
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

/** Procedures whose answer comes piece by piece. */
const STREAMED: ReadonlySet<string> = new Set(['accounts.test']);
const BATCH_ITEMS_MAX = 20;
const URL_CHARACTERS_MAX = 8_000;

/**
 * A typed client of the control plane: `client.groups.create.mutate({ … })`. Rejects with TRPCClientError, whose
 * `data.code` is e.g. `NOT_FOUND` and whose `data.problems` lists what is wrong with the input.
 */
export function createTollgateClient({ url, token, signal }: ClientOptions): TollgateClient {
  const options = {
    url: `${url.replace(/\/+$/, '')}/trpc`,
    headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(signal && {
      fetch: (input: string | URL | Request, init?: object) =>
        fetch(input, { ...init, signal: joinSignals(signal, (init as RequestInit | undefined)?.signal) }),
    }),
  };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ path }) => STREAMED.has(path),
        // One call a request: the steps of one must not wait for another's.
        true: httpBatchStreamLink({ ...options, maxItems: 1 }),
        false: httpBatchLink({ ...options, maxItems: BATCH_ITEMS_MAX, maxURLLength: URL_CHARACTERS_MAX }),
      }),
    ],
  });
}

function joinSignals(outer: AbortSignal, inner: AbortSignal | null | undefined): AbortSignal {
  return inner ? AbortSignal.any([outer, inner]) : outer;
}
