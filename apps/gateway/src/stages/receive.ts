import { TollgateError, type Platform } from '@tollgate/core';
import { createGeminiArrayErrorShape, createResponsesErrorShape } from '@tollgate/protocol';
import { geminiArrayDialect } from '../dialects/gemini-dialects.ts';
import { responsesDialect } from '../dialects/openai-dialects.ts';
import { JsonArrayState } from '../json-array-state.ts';
import type { RequestContext } from '../request-context.ts';
import { ResponsesStreamState } from '../responses-stream-state.ts';
import type { ClientRequest } from '../server/port.ts';
import { matchEndpoint, selectErrorShape, type Endpoint } from '../routes.ts';

/** What RFC 3986 §3.4 allows, and a little more: everything that can stand in a request line. */
const QUERY = /^[\x21-\x7e]*$/;
/** RFC 9110 §7.8: a list of protocols, in any case. */
const WEBSOCKET = /(?:^|,)\s*websocket\s*(?:$|,)/iu;

/**
 * Finds the endpoint. Exit: 404 unknown route, 405 wrong method, 426 a WebSocket, 400 a query that is no URI, 503 while
 * draining.
 */
export function receive(context: RequestContext, isDraining: boolean): TollgateError | null {
  const { request, writer } = context;
  writer.errorShape = selectErrorShape(request.path);
  const endpoint = matchEndpoint(request.method, request.path, request.query);
  if (endpoint instanceof TollgateError)
    return asksForWebSocket(endpoint, request) ? new TollgateError('upgrade_required') : endpoint;
  context.endpoint = selectForced(endpoint, context.forcedPlatform);
  if (endpoint.dialect !== undefined) context.dialect = endpoint.dialect;
  if (endpoint.dialect === geminiArrayDialect) answerInArray(context);
  if (endpoint.dialect === responsesDialect) numberErrors(context);
  if (!QUERY.test(request.query))
    return new TollgateError('invalid_request', {
      message: 'The query holds characters that must be percent-encoded.',
    });
  return isDraining && endpoint.name !== 'health' && endpoint.name !== 'ready'
    ? new TollgateError('draining')
    : null;
}

/** Codex tries one first. After a 426 it takes HTTP at once; after a 404 or 405 it tries six times more, for seconds. */
function asksForWebSocket({ code }: TollgateError, request: ClientRequest): boolean {
  return (
    code === 'method_not_allowed' && request.method === 'GET' && WEBSOCKET.test(request.header('upgrade'))
  );
}

function selectForced(endpoint: Endpoint, platform: Platform | null): Endpoint {
  return platform === null ? endpoint : { ...endpoint, platform, forcedPlatform: platform };
}

/** Errors are elements of the array too: the first, before it has begun. */
function answerInArray(context: RequestContext): void {
  const state = new JsonArrayState();
  context.arrayState = state;
  context.writer.errorShape = createGeminiArrayErrorShape(() => state.hasElements);
}

/** Errors go on with the numbers of the stream, and name its response. */
function numberErrors(context: RequestContext): void {
  const state = new ResponsesStreamState();
  context.responsesState = state;
  context.writer.errorShape = createResponsesErrorShape(() => state);
}
