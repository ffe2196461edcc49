import { TollgateError } from '@tollgate/core';
import type { BodyPool } from '@tollgate/body';
import type { RequestContext } from '../request-context.ts';

/** Scans the body, inline or in the worker pool by size. Exit: 400 that names the field (REQ-4). */
export async function parse(context: RequestContext, bodies: BodyPool): Promise<TollgateError | null> {
  if (context.body === null) throw new Error('parse ran before read-body');
  const scanning = bodies.scanBody(context.body);
  const { body, result } = scanning instanceof Promise ? await scanning : scanning;
  context.body = body;
  if (result.ok) {
    context.scan = result;
    return null;
  }
  return new TollgateError('invalid_request', {
    message: result.message,
    ...(result.param === null ? {} : { param: result.param }),
  });
}
