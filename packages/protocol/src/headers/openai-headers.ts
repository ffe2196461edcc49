import type { HeaderRules } from './select-headers.ts';

/**
 * Chat Completions and Responses. `openai-organization` and `openai-project` do not pass: they name the client's own
 * account, which the operator's key is not of. Not passed back: `x-ratelimit-*` and `x-codex-*` (they describe the
 * operator's account), `openai-organization`, cookies; `x-request-id` is ours, and the upstream's own is in the books.
 */
export const OPENAI_HEADERS: HeaderRules = {
  request: new Set([
    'accept',
    'content-type',
    'idempotency-key',
    'openai-beta',
    // Codex: who asks, and which conversation; the upstream caches by it.
    'originator',
    'session-id',
    'session_id',
    'thread-id',
    'user-agent',
    'version',
    'x-client-request-id',
    'x-openai-internal-codex-responses-lite',
  ]),
  requestPrefixes: ['x-stainless-', 'x-codex-'],
  joined: 'openai-beta',
  response: ['cache-control', 'content-type', 'openai-processing-ms', 'openai-version', 'x-should-retry'],
};
