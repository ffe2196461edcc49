import type { AccountTestTarget } from '@tollgate/api/server';
import type { Protocol } from '@tollgate/core';
import { buildPlatformAuthHeaders } from '@tollgate/protocol';

export interface TestRequest {
  protocol: Protocol;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

const TEXT = 'Reply with the word OK.';
/** The least that Responses takes. */
const OUTPUT_TOKENS_MAX = 16;
const ANTHROPIC_VERSION = '2023-06-01';
const OPENAI_HOST = 'api.openai.com';

/**
 * The smallest streamed request that makes the account's upstream answer with a token, at the path and with the headers
 * that the gateway would send: its pinned values, and no other client's marks. Throws TypeError when the credentials
 * are not of the account's kind.
 */
export function buildTestRequest(target: AccountTestTarget): TestRequest {
  const { platform, kind, credentials, pinnedHeaders } = target;
  const { pathname } = new URL(target.baseUrl);
  const plan = planRequest(target, pathname.replace(/\/+$/, ''));
  const headers: Record<string, string> = { accept: 'text/event-stream', ...plan.headers, ...pinnedHeaders };
  return {
    protocol: plan.protocol,
    path: plan.path,
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...buildPlatformAuthHeaders(platform, kind, credentials, headers['anthropic-beta']),
    },
    body: JSON.stringify(plan.body),
  };
}

interface Plan {
  protocol: Protocol;
  path: string;
  headers?: Record<string, string>;
  body: object;
}

function planRequest(target: AccountTestTarget, prefix: string): Plan {
  const { platform, model } = target;
  switch (platform) {
    case 'anthropic':
      return {
        protocol: 'messages',
        path: `${prefix}/v1/messages`,
        headers: { 'anthropic-version': ANTHROPIC_VERSION },
        body: {
          model,
          max_tokens: OUTPUT_TOKENS_MAX,
          stream: true,
          messages: [{ role: 'user', content: TEXT }],
        },
      };
    case 'openai':
      return planOpenAi(target, prefix || '/v1');
    case 'gemini':
      return {
        protocol: 'gemini',
        path: `${prefix || '/v1beta'}/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
        body: buildGeminiBody(),
      };
    case 'antigravity':
      return {
        protocol: 'code-assist',
        path: `${prefix}/v1internal:streamGenerateContent?alt=sse`,
        body: { model, request: buildGeminiBody() },
      };
  }
}

/** Vendors that are only compatible speak chat; OpenAI's subscriptions speak nothing but Responses. */
function planOpenAi({ kind, baseUrl, model, openAiProtocol }: AccountTestTarget, root: string): Plan {
  const isOwn = kind !== 'api-key' || new URL(baseUrl).hostname === OPENAI_HOST;
  if ((openAiProtocol ?? (isOwn ? 'responses' : 'chat')) === 'chat') {
    const messages = [{ role: 'user', content: TEXT }];
    const body = { model, stream: true, stream_options: { include_usage: true }, messages };
    return { protocol: 'chat', path: `${root}/chat/completions`, body };
  }
  // A subscription's backend wants instructions and no store, and takes no limit.
  const rest =
    kind === 'api-key' ? { max_output_tokens: OUTPUT_TOKENS_MAX } : { instructions: 'Answer in one word.' };
  const input = [{ role: 'user', content: [{ type: 'input_text', text: TEXT }] }];
  return {
    protocol: 'responses',
    path: `${root}/responses`,
    body: { model, stream: true, store: false, input, ...rest },
  };
}

/** Without a limit: thinking counts, and could use all of it up. */
function buildGeminiBody(): object {
  return { contents: [{ role: 'user', parts: [{ text: TEXT }] }] };
}
