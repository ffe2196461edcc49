import { ADMIN_TOKEN, type TestApi } from '../testing/start-test-api.ts';
import type { WalkedProcedure } from './list-procedures.ts';

export interface WalkAnswer {
  status: number;
  text: string;
}

/** A hang is a fault like any other. */
const ANSWER_WAIT_MS = 10_000;

/** One call over HTTP as any client would make it; streams are read to their end. Rejects when no answer comes. */
export async function callProcedure(
  { url }: Pick<TestApi, 'url'>,
  { path, type, output }: WalkedProcedure,
  input: unknown,
  token: string = ADMIN_TOKEN,
): Promise<WalkAnswer> {
  const text = JSON.stringify(input);
  const isStream = output?.meta()?.['item'] !== undefined;
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(isStream && { 'trpc-accept': 'application/jsonl' }),
  };
  const query = type === 'query' && text !== undefined ? `?input=${encodeURIComponent(text)}` : '';
  const response = await fetch(`${url}/trpc/${path}${query}`, {
    method: type === 'query' ? 'GET' : 'POST',
    headers,
    ...(type !== 'query' && { body: text ?? '' }),
    signal: AbortSignal.timeout(ANSWER_WAIT_MS),
  });
  return { status: response.status, text: await response.text() };
}
