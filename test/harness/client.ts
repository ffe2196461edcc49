import Anthropic from '@anthropic-ai/sdk';

export const KEY = 'sk-test-0123456789abcdef';

/** The official SDK against a gateway, without its own retries, so that tests see each answer. */
export function createSdk(gateway: string, apiKey = KEY): Anthropic {
  return new Anthropic({ baseURL: gateway, apiKey, maxRetries: 0, timeout: 30_000 });
}

export const MODEL = 'claude-sonnet-4-5';

export function buildMessage(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    model: MODEL,
    max_tokens: 64,
    messages: [{ role: 'user', content: 'Say hello.' }],
    ...fields,
  });
}

/** POST /v1/messages as a plain fetch. */
export function postMessages(
  gateway: string,
  body: string | Uint8Array<ArrayBuffer> = buildMessage(),
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${gateway}/v1/messages`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': KEY,
      ...headers,
    },
    ...init,
  });
}
