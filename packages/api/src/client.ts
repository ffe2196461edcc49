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
  /** How long answers to changes wait until the change is in force on every node, ms, at most 30,000. Default 0. */
  waitMs?: number;
  /** Hears of each change that nodes must know, before its answer resolves. */
  onChange?(change: ChangeSeen): void;
}

/** What the answer to a change says of it; of a batch of changes, the last. */
export interface ChangeSeen {
  /** For `changes.inForce`; null = the nodes could not be told yet, and will be. */
  number: number | null;
  /** Only where the answer has waited. `afterMs` null = not in force on all of them within the time. */
  inForce: { nodes: number; of: number; afterMs: number | null } | null;
}

/** Procedures whose answer comes piece by piece. */
const STREAMED: ReadonlySet<string> = new Set(['accounts.test']);
const BATCH_ITEMS_MAX = 20;
const URL_CHARACTERS_MAX = 8_000;

/**
 * A typed client of the control plane: `client.groups.create.mutate({ … })`. Rejects with TRPCClientError, whose
 * `data.code` is e.g. `NOT_FOUND` and whose `data.problems` lists what is wrong with the input.
 */
export function createTollgateClient(options: ClientOptions): TollgateClient {
  const { url, token, signal, waitMs = 0, onChange } = options;
  const shared = {
    url: `${url.replace(/\/+$/, '')}/trpc`,
    headers: () => ({
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(waitMs > 0 && { 'x-tollgate-wait-ms': String(Math.ceil(waitMs)) }),
    }),
    async fetch(input: string | URL | Request, init?: object): Promise<Response> {
      const own = (init as RequestInit | undefined)?.signal;
      const signals = signal ? joinSignals(signal, own) : own;
      const answer = await fetch(input, { ...init, signal: signals ?? null });
      const change = readChange(answer.headers);
      if (change) onChange?.(change);
      return answer;
    },
  };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ path }) => STREAMED.has(path),
        // One call a request: the steps of one must not wait for another's.
        true: httpBatchStreamLink({ ...shared, maxItems: 1 }),
        false: httpBatchLink({ ...shared, maxItems: BATCH_ITEMS_MAX, maxURLLength: URL_CHARACTERS_MAX }),
      }),
    ],
  });
}

/** null = nothing was changed that nodes must know. */
function readChange(headers: Headers): ChangeSeen | null {
  const text = headers.get('x-tollgate-change');
  if (text === null) return null;
  const number = /^\d+$/.test(text) ? Number(text) : null;
  const [, nodes, of] = /^(\d+)\/(\d+)$/.exec(headers.get('x-tollgate-in-force') ?? '') ?? [];
  const afterMs = headers.get('x-tollgate-in-force-ms');
  return {
    number,
    inForce:
      nodes === undefined
        ? null
        : { nodes: Number(nodes), of: Number(of), afterMs: afterMs === null ? null : Number(afterMs) },
  };
}

function joinSignals(outer: AbortSignal, inner: AbortSignal | null | undefined): AbortSignal {
  return inner ? AbortSignal.any([outer, inner]) : outer;
}
