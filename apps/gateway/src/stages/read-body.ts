import { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';

/** REQ-4. Exit: 413 that names the limit, 400 for an empty body; a client that leaves ends the request. */
export async function readBody(context: RequestContext, bytesMax: number): Promise<TollgateError | null> {
  try {
    context.body = await context.request.readBody(bytesMax);
  } catch (error) {
    if (error instanceof TollgateError) return error;
    throw error;
  }
  if (context.body.length > 0) return null;
  return new TollgateError('invalid_request', { message: 'The request body is empty; JSON is expected.' });
}
