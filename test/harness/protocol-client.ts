import { KEY } from './client.ts';

export type TestProtocol = 'chat' | 'responses' | 'gemini';

/** The platform whose groups serve a protocol. */
export const PLATFORM = { chat: 'openai', responses: 'openai', gemini: 'gemini' } as const;
export const MODELS = { chat: 'gpt-4o', responses: 'gpt-4o', gemini: 'gemini-2.5-flash' } as const;
export const PROTOCOLS = ['chat', 'responses', 'gemini'] as const;

export interface CallOptions {
  stream?: boolean;
  model?: string;
  /** Added to the body. */
  fields?: Record<string, unknown>;
  key?: string;
  /** Gemini: the query; `alt=sse` for streams by default. */
  query?: string;
  /** Gemini. */
  method?: string;
  /** Instead of the body that `fields` make. */
  body?: string;
  signal?: AbortSignal;
}

/** The same question in each protocol, as its own clients ask it. */
export function callProtocol(
  gateway: string,
  protocol: TestProtocol,
  options: CallOptions = {},
): Promise<Response> {
  const { key = KEY, signal } = options;
  const auth = protocol === 'gemini' ? { 'x-goog-api-key': key } : { authorization: `Bearer ${key}` };
  return fetch(gateway + buildPath(protocol, options), {
    method: 'POST',
    body: options.body ?? JSON.stringify(buildBody(protocol, options)),
    headers: { 'content-type': 'application/json', ...auth },
    ...(signal && { signal }),
  });
}

function buildPath(protocol: TestProtocol, { stream = false, model, query, method }: CallOptions): string {
  if (protocol === 'chat') return '/v1/chat/completions';
  if (protocol === 'responses') return '/v1/responses';
  const call = method ?? (stream ? 'streamGenerateContent' : 'generateContent');
  const search = query ?? (stream ? 'alt=sse' : '');
  return `/v1beta/models/${model ?? MODELS.gemini}:${call}${search === '' ? '' : `?${search}`}`;
}

function buildBody(protocol: TestProtocol, { stream = false, model, fields }: CallOptions): object {
  const text = 'Say hello, and nothing else.';
  if (protocol === 'gemini') return { contents: [{ role: 'user', parts: [{ text }] }], ...fields };
  const turns = protocol === 'chat' ? { messages: [{ role: 'user', content: text }] } : { input: text };
  return { model: model ?? MODELS[protocol], ...turns, ...(stream && { stream }), ...fields };
}
