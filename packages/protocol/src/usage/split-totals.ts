import type { TokenUsage } from '@tollgate/core';

type InputPart = Pick<TokenUsage, 'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens'>;
type OutputPart = Pick<TokenUsage, 'outputTokens' | 'reasoningTokens'>;

/**
 * OpenAI's and Google's prompt total includes what was read from and written to the cache; ours are apart. Parts
 * that exceed their total are cut to it, cache reads first kept: they are the cheaper claim. OpenAI's cache has one
 * lifetime, which is billed like our short one.
 */
export function splitInput(promptTotal: number, cacheRead: number, cacheWrite: number): InputPart {
  const cacheReadTokens = Math.min(cacheRead, promptTotal);
  const cacheWrite5mTokens = Math.min(cacheWrite, promptTotal - cacheReadTokens);
  return {
    inputTokens: promptTotal - cacheReadTokens - cacheWrite5mTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
  };
}

/**
 * The output total includes reasoning, except at vendors that count it beside (xAI): told by a stated total that
 * only adds up with it (`outputInTotal`: total − prompt, null = not stated), or by reasoning that exceeds the output.
 */
export function splitOutput(output: number, reasoning: number, outputInTotal: number | null): OutputPart {
  const isBeside = reasoning > 0 && (outputInTotal === output + reasoning || reasoning > output);
  return { outputTokens: isBeside ? output + reasoning : output, reasoningTokens: reasoning };
}
