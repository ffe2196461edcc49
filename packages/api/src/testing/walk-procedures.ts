import { appRouter } from '../router.ts';

export interface WalkedProcedure {
  /** `keys.create` */
  path: string;
  type: 'query' | 'mutation' | 'subscription';
}

/** Every procedure of the API, so that a new one is walked by itself. */
export function listProcedures(): WalkedProcedure[] {
  const { procedures } = appRouter['_def'] as unknown as {
    procedures: Record<string, { _def: { type: WalkedProcedure['type'] } }>;
  };
  return Object.entries(procedures).map(([path, procedure]) => ({ path, type: procedure['_def'].type }));
}

/** Calls a procedure as HTTP, whatever it takes; the status. `input` undefined = none. */
export async function callProcedure(
  url: string,
  { path, type }: WalkedProcedure,
  headers: Record<string, string>,
  input?: unknown,
): Promise<{ status: number; text: string }> {
  const isMutation = type === 'mutation';
  const text = input === undefined ? '' : JSON.stringify(input);
  const query = isMutation || text === '' ? '' : `?input=${encodeURIComponent(text)}`;
  // A subscription that begins never ends by itself: its head is enough.
  const stop = new AbortController();
  const answer = await fetch(`${url}/trpc/${path}${query}`, {
    method: isMutation ? 'POST' : 'GET',
    headers: { ...headers, ...(isMutation && { 'content-type': 'application/json' }) },
    signal: stop.signal,
    ...(isMutation && { body: text === '' ? null : text }),
  });
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const body = isStream ? '' : await answer.text();
  stop.abort();
  return { status: answer.status, text: body };
}
