import { TollgateError, type Platform } from '@tollgate/core';
import {
  chatErrorShape,
  geminiErrorShape,
  messagesErrorShape,
  responsesErrorShape,
  type ErrorShape,
} from '@tollgate/protocol';
import type { Dialect } from './dialects/dialect.ts';
import { geminiArrayDialect, geminiDialect, geminiSseDialect } from './dialects/gemini-dialects.ts';
import { isGeminiPath, splitGeminiPath } from './dialects/gemini-path.ts';
import { messagesDialect } from './dialects/messages-dialect.ts';
import { chatDialect, responsesDialect } from './dialects/openai-dialects.ts';

export type EndpointName =
  | 'messages'
  | 'chat'
  | 'responses'
  | 'generate-content'
  | 'count-tokens'
  | 'list-models'
  | 'get-model'
  | 'show-usage'
  | 'greet'
  | 'take-telemetry'
  | 'health'
  | 'ready';

export interface Endpoint {
  name: EndpointName;
  method: 'GET' | 'POST';
  /** Whose groups go first: their accounts speak its protocol. null = any. */
  platform: Platform | null;
  /** API-1: the path asks for groups of this platform alone. */
  forcedPlatform?: Platform;
  /** Of calls to a model. */
  dialect?: Dialect;
}

const MESSAGES = { method: 'POST', platform: 'anthropic', dialect: messagesDialect } as const;
const CHAT: Endpoint = { name: 'chat', method: 'POST', platform: 'openai', dialect: chatDialect };
const RESPONSES: Endpoint = {
  name: 'responses',
  method: 'POST',
  platform: 'openai',
  dialect: responsesDialect,
};
const LIST_MODELS: Endpoint = { name: 'list-models', method: 'GET', platform: null };
const ONE_MODEL: Endpoint = { name: 'get-model', method: 'GET', platform: null };

/** What Claude Code and others ask of the base URL before and beside their calls (API-8). */
const GREETING: Endpoint = { name: 'greet', method: 'GET', platform: null };
const TELEMETRY: Endpoint = { name: 'take-telemetry', method: 'POST', platform: null };

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>(
  Object.entries({
    '/v1/messages': { name: 'messages', ...MESSAGES },
    '/v1/messages/count_tokens': { name: 'count-tokens', ...MESSAGES },
    '/v1/chat/completions': CHAT,
    '/chat/completions': CHAT,
    '/v1/responses': RESPONSES,
    '/responses': RESPONSES,
    '/v1/models': LIST_MODELS,
    '/v1beta/models': LIST_MODELS,
    '/v1alpha/models': LIST_MODELS,
    '/v1/usage': { name: 'show-usage', method: 'GET', platform: null },
    '/': GREETING,
    '/api/hello': GREETING,
    '/api/event_logging/batch': TELEMETRY,
    '/api/event_logging/v2/batch': TELEMETRY,
    '/health': { name: 'health', method: 'GET', platform: null },
    '/ready': { name: 'ready', method: 'GET', platform: null },
  } satisfies Record<string, Endpoint>),
);

const GENERATE = { name: 'generate-content', method: 'POST', platform: 'gemini' } as const;
/** By the method that stands in the path. */
const GEMINI_ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['generateContent', { ...GENERATE, dialect: geminiDialect }],
  ['streamGenerateContent', { ...GENERATE, dialect: geminiArrayDialect }],
  ['countTokens', { ...GENERATE, name: 'count-tokens', dialect: geminiDialect }],
]);
const GEMINI_SSE: Endpoint = { ...GENERATE, dialect: geminiSseDialect };
const ONE_MODEL_PREFIX = /^\/v1(?:beta|alpha)?\/models\//u;
/** A method of Google's that is not served; a model of theirs has no colon. */
const OTHER_METHOD = /^\/v1(?:beta|alpha)\/.*:/u;
/** Google's clients also write `$alt`, and `json;enum-encoding=int`, whose numbers would not be read here. */
const ALT = /(?:^|&)(?:\$|%24)?alt=sse(?:$|[&;])/i;

/** API-1. HEAD counts as GET. Returns the error for an unknown route (404) or a wrong method (405). */
export function matchEndpoint(method: string, path: string, query = ''): Endpoint | TollgateError {
  const endpoint = ENDPOINTS.get(path) ?? matchModel(path, query);
  if (endpoint === undefined)
    return new TollgateError('not_found', { message: `There is no endpoint ${printable(path)}.` });
  if (method === endpoint.method || (method === 'HEAD' && endpoint.method === 'GET')) return endpoint;
  return new TollgateError('method_not_allowed', {
    message: `${endpoint.method} is the method of ${printable(path)}.`,
    headers: { allow: endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method },
  });
}

/** Paths that name a model. */
function matchModel(path: string, query: string): Endpoint | undefined {
  const method = splitGeminiPath(path)?.method ?? '';
  if (method === 'streamGenerateContent' && ALT.test(query)) return GEMINI_SSE;
  const endpoint = GEMINI_ENDPOINTS.get(method);
  if (endpoint !== undefined) return endpoint;
  return ONE_MODEL_PREFIX.test(path) && !OTHER_METHOD.test(path) ? ONE_MODEL : undefined;
}

/** In whose words errors are told: by the path, before anything else is known (REQ-2). */
export function selectErrorShape(path: string): ErrorShape {
  if (isGeminiPath(path)) return geminiErrorShape;
  if (path.includes('/chat/completions')) return chatErrorShape;
  if (path.includes('/responses')) return responsesErrorShape;
  return messagesErrorShape;
}

function printable(path: string): string {
  return path.slice(0, 100).replaceAll(/[^\x21-\x7e]/g, '?');
}
