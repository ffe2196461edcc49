import type { Protocol, TokenUsage } from '@tollgate/core';
import { listRecordings, type ExpectedUsage, type Recording } from '@tollgate/testkit';

/** The name of each protocol in the index of recordings. */
const NAMES = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
} as const satisfies Partial<Record<Protocol, string>>;

export const RECORDED_PROTOCOLS = Object.keys(NAMES) as (keyof typeof NAMES)[];

export function listProtocolRecordings(
  protocol: keyof typeof NAMES,
  kind: 'stream' | 'json' | 'error',
): Recording[] {
  return listRecordings({ protocol: NAMES[protocol], kind });
}

export function mapExpectedUsage(expected: ExpectedUsage): TokenUsage {
  return {
    inputTokens: expected.input_uncached,
    cacheReadTokens: expected.cache_read,
    cacheWrite5mTokens:
      expected.cache_write_5m === 0
        ? expected.cache_write - expected.cache_write_1h
        : expected.cache_write_5m,
    cacheWrite1hTokens: expected.cache_write_1h,
    outputTokens: expected.output_total,
    reasoningTokens: expected.reasoning,
    toolPromptTokens: expected.tool_prompt,
    webSearchRequests: expected.web_search_requests,
  };
}
