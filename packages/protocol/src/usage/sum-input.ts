import type { TokenUsage } from '@tollgate/core';

/** All of the prompt, from a cache or not, without what Gemini's tools put into it. */
export function sumInput(usage: TokenUsage): number {
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  return inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
}
