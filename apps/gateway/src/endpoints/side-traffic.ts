import { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** API-8: Claude Code asks the base URL whether anybody is there, without a key. */
export function greet({ writer }: RequestContext): null {
  writer.send(200, JSON_TYPE, '{"message":"hello"}');
  return null;
}

/**
 * API-8: telemetry that Claude Code posts to its base URL. Taken, so that it does not try again, and thrown away: it
 * is about the operator's users and no business of ours. No key is asked for, as clients may send none, and looking
 * one up would cost more than the answer. Exit: 413 over the limit of bodies.
 */
export async function takeTelemetry(
  { request, writer }: RequestContext,
  bytesMax: number,
): Promise<TollgateError | null> {
  try {
    await request.skipBody(bytesMax);
  } catch (error) {
    if (error instanceof TollgateError) return error;
    throw error;
  }
  writer.send(200, JSON_TYPE, '{}');
  return null;
}
