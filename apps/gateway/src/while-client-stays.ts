import type { RequestContext } from './request-context.ts';

/** REQ-7: work that a client which leaves gives up its place for; `signal` fires then. */
export async function whileClientStays<Result>(
  context: RequestContext,
  work: (signal: AbortSignal) => Promise<Result> | Result,
): Promise<Result> {
  const leaving = new AbortController();
  context.clientListener = { clientLeft: () => leaving.abort() };
  try {
    return await work(leaving.signal);
  } finally {
    context.clientListener = null;
  }
}
