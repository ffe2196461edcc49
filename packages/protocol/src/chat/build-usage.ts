import type { TokenUsage } from '@tollgate/core';
import { sumInput } from '../usage/sum-input.ts';

/** `usage` of a completion or of the last chunk. Counts of tokens; the totals include their details. */
export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; cache_write_tokens?: number };
  completion_tokens_details: { reasoning_tokens: number };
}

/** Our normal form in the words of Chat Completions. Searches have no place in it. */
export function buildChatUsage(usage: TokenUsage): ChatUsage {
  const promptTokens = sumInput(usage) + usage.toolPromptTokens;
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(written > 0 && { cache_write_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
