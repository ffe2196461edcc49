import type { TokenUsage } from '@tollgate/core';
import { sumInput } from '../usage/sum-input.ts';

/** `usage` of a response. Counts of tokens; the totals include their details. */
export interface ResponsesUsage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens?: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

/** Our normal form in the words of Responses. Searches are the output items' to tell. */
export function buildResponsesUsage(usage: TokenUsage): ResponsesUsage {
  const inputTokens = sumInput(usage) + usage.toolPromptTokens;
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  return {
    input_tokens: inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(written > 0 && { cache_write_tokens: written }),
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: inputTokens + usage.outputTokens,
  };
}
