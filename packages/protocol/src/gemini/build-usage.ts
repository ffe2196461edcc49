import type { TokenUsage } from '@tollgate/core';
import { sumInput } from '../usage/sum-input.ts';

/** `usageMetadata`. Counts of tokens; thoughts and the tools' prompt stand beside candidates and prompt. */
export interface GeminiUsage {
  promptTokenCount: number;
  cachedContentTokenCount?: number;
  candidatesTokenCount: number;
  thoughtsTokenCount?: number;
  toolUsePromptTokenCount?: number;
  totalTokenCount: number;
}

/** Our normal form in Google's words, which has none for what was written to a cache: it counts as prompt. */
export function buildGeminiUsage(usage: TokenUsage): GeminiUsage {
  const { cacheReadTokens, outputTokens, reasoningTokens, toolPromptTokens } = usage;
  const promptTokenCount = sumInput(usage);
  return {
    promptTokenCount,
    ...(cacheReadTokens > 0 && { cachedContentTokenCount: cacheReadTokens }),
    candidatesTokenCount: outputTokens - reasoningTokens,
    ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    ...(toolPromptTokens > 0 && { toolUsePromptTokenCount: toolPromptTokens }),
    totalTokenCount: promptTokenCount + outputTokens + toolPromptTokens,
  };
}
