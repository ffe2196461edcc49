import { TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { matchEndpoint, selectErrorShape } from '../routes.ts';

/** Finds the endpoint. Exit: 404 unknown route, 405 wrong method, 503 while draining. */
export function receive(context: RequestContext, isDraining: boolean): TollgateError | null {
  const { request, writer } = context;
  writer.errorShape = selectErrorShape(request.path);
  const endpoint = matchEndpoint(request.method, request.path);
  if (endpoint instanceof TollgateError) return endpoint;
  context.endpoint = endpoint;
  return isDraining && endpoint.name !== 'health' && endpoint.name !== 'ready'
    ? new TollgateError('draining')
    : null;
}
