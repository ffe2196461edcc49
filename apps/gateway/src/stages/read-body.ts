import { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';

/** REQ-4. Exit: 413 that names the limit, 400 for an empty body; a client that leaves ends the request. */
export function readBody(context: RequestContext, bytesMax: number): Promise<TollgateError | null> {
  return context.request.readBody(bytesMax).then((body) => takeBody(context, body), takeRefusal);
}

function takeBody(context: RequestContext, body: Buffer): TollgateError | null {
  context.body = body;
  if (body.length > 0) return null;
  return new TollgateError('invalid_request', { message: 'The request body is empty; JSON is expected.' });
}

function takeRefusal(error: unknown): TollgateError {
  if (error instanceof TollgateError) return error;
  throw error;
}
