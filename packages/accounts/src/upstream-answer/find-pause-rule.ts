import type { PauseRule } from '@tollgate/core';

/** The operator's first rule for this status of which any word is in the body, letter case aside. */
export function findPauseRule(
  rules: readonly PauseRule[],
  status: number,
  bodyHead: string,
): PauseRule | null {
  if (!rules.some((rule) => rule.status === status)) return null;
  const body = bodyHead.toLowerCase();
  const isMatch = (words: readonly string[]) =>
    words.length === 0 || words.some((word) => body.includes(word.toLowerCase()));
  return rules.find((rule) => rule.status === status && isMatch(rule.words)) ?? null;
}
