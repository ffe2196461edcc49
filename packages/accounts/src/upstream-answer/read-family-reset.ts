import { parseResetTime, type HeaderRecord } from '@tollgate/protocol';

const SPELLINGS = {
  anthropic: {
    families: ['requests', 'tokens', 'input-tokens', 'output-tokens'],
    nameOf: (family: string, field: string) => `anthropic-ratelimit-${family}-${field}`,
  },
  openai: {
    families: ['requests', 'tokens', 'input-images'],
    nameOf: (family: string, field: string) => `x-ratelimit-${field}-${family}`,
  },
} as const;

/**
 * The reset of per-minute limits in families (requests, tokens, …), as ms to wait. A family says which one was
 * hit by `remaining` 0; when none does, each may have been, and the latest reset is the safe one.
 */
export function readFamilyResetMs(
  headers: HeaderRecord,
  spelling: keyof typeof SPELLINGS,
  nowMs: number,
): number | null {
  const { families, nameOf } = SPELLINGS[spelling];
  const stated = families.flatMap((family) => {
    const waitMs = parseResetTime(headers[nameOf(family, 'reset')] ?? '', nowMs);
    const isUsedUp = headers[nameOf(family, 'remaining')]?.trim() === '0';
    return waitMs === null ? [] : [{ waitMs, isUsedUp }];
  });
  const usedUp = stated.filter(({ isUsedUp }) => isUsedUp);
  const relevant = usedUp.length > 0 ? usedUp : stated;
  return relevant.length === 0 ? null : Math.max(...relevant.map(({ waitMs }) => waitMs));
}
