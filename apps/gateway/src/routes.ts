import { TollgateError, type Platform } from '@tollgate/core';
import {
  chatErrorShape,
  geminiErrorShape,
  messagesErrorShape,
  responsesErrorShape,
  type ErrorShape,
} from '@tollgate/protocol';

export type EndpointName =
  | 'messages'
  | 'count-tokens'
  | 'list-models'
  | 'get-model'
  | 'show-usage'
  | 'health'
  | 'ready';

export interface Endpoint {
  name: EndpointName;
  method: 'GET' | 'POST';
  /** Which platform's groups serve it; null = any. */
  platform: Platform | null;
}

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>(
  Object.entries({
    '/v1/messages': { name: 'messages', method: 'POST', platform: 'anthropic' },
    '/v1/messages/count_tokens': { name: 'count-tokens', method: 'POST', platform: 'anthropic' },
    '/v1/models': { name: 'list-models', method: 'GET', platform: null },
    '/v1/usage': { name: 'show-usage', method: 'GET', platform: null },
    '/health': { name: 'health', method: 'GET', platform: null },
    '/ready': { name: 'ready', method: 'GET', platform: null },
  } satisfies Record<string, Endpoint>),
);

const ONE_MODEL: Endpoint = { name: 'get-model', method: 'GET', platform: null };
const ONE_MODEL_PREFIX = '/v1/models/';

/** API-1. HEAD counts as GET. Returns the error for an unknown route (404) or a wrong method (405). */
export function matchEndpoint(method: string, path: string): Endpoint | TollgateError {
  const endpoint = ENDPOINTS.get(path) ?? (path.startsWith(ONE_MODEL_PREFIX) ? ONE_MODEL : undefined);
  if (endpoint === undefined)
    return new TollgateError('not_found', { message: `There is no endpoint ${printable(path)}.` });
  if (method === endpoint.method || (method === 'HEAD' && endpoint.method === 'GET')) return endpoint;
  return new TollgateError('method_not_allowed', {
    message: `${endpoint.method} is the method of ${printable(path)}.`,
  });
}

/** In whose words errors are told: by the path, before anything else is known (REQ-2). */
export function selectErrorShape(path: string): ErrorShape {
  if (path.startsWith('/v1beta/')) return geminiErrorShape;
  if (path.includes('/chat/completions')) return chatErrorShape;
  if (path.includes('/responses')) return responsesErrorShape;
  return messagesErrorShape;
}

function printable(path: string): string {
  return path.slice(0, 100).replaceAll(/[^\x21-\x7e]/g, '?');
}
