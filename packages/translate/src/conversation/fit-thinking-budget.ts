/** What Anthropic takes at least. */
const BUDGET_MIN = 1024;
/** Of all output: with the rest the model has to be able to answer. */
const SHARE_MAX = 0.8;

/**
 * Tokens for a Claude model to think with, wherever it is asked: fewer than `maxTokens` (null = not stated). What the
 * client states holds as far as that goes; what is made of an effort leaves room for an answer. null = too few.
 */
export function fitThinkingBudget(
  stated: number | null,
  ofEffort: number,
  maxTokens: number | null,
): number | null {
  const limit = maxTokens ?? Infinity;
  const budget =
    stated === null ? Math.min(ofEffort, Math.floor(limit * SHARE_MAX)) : Math.min(stated, limit - 1);
  return budget < BUDGET_MIN ? null : budget;
}
