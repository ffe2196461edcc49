import { ADMIN_TOKEN, type TestApi } from '../testing/start-test-api.ts';
import type { WalkedProcedure } from './list-procedures.ts';

export interface WalkAnswer {
  status: number;
  text: string;
}

/** A hang is a fault like any other. */
const ANSWER_WAIT_MS = 10_000;

export const AS_ADMIN: Readonly<Record<string, string>> = { authorization: `Bearer ${ADMIN_TOKEN}` };

/**
 * One call over HTTP as any client would make it; streams are read to their end, and an error in one is its status.
 * `headers`: who calls. Rejects when no answer comes.
 */
export async function callProcedure(
  { url }: Pick<TestApi, 'url'>,
  { path, type, output }: Pick<WalkedProcedure, 'path' | 'type' | 'output'>,
  input: unknown,
  headers: Readonly<Record<string, string>> = AS_ADMIN,
): Promise<WalkAnswer> {
  const isStream = type === 'mutation' && output?.meta()?.['item'] !== undefined;
  // A stream is a batch of one.
  const text = JSON.stringify(isStream ? { 0: input } : input);
  const query = type === 'query' && text !== undefined ? `?input=${encodeURIComponent(text)}` : '';
  const response = await fetch(`${url}/trpc/${path}${isStream ? '?batch=1' : query}`, {
    method: type === 'query' ? 'GET' : 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...(isStream && { 'trpc-accept': 'application/jsonl' }),
    },
    ...(type !== 'query' && { body: text ?? '' }),
    signal: AbortSignal.timeout(ANSWER_WAIT_MS),
  });
  const answer = await response.text();
  const failed = isStream ? /"httpStatus":(\d{3})/.exec(answer)?.[1] : undefined;
  return { status: failed === undefined ? response.status : Number(failed), text: answer };
}
