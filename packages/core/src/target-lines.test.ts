import { describe, expect, it } from 'vitest';
import { buildFactsLine } from './attempt-line.ts';
import { decodeFacts } from './attempt-text.ts';
import { buildFacts } from './testing/build-outcome.ts';
import { TargetLines } from './target-lines.ts';
import type { AccountId, GroupId, KeyId, SubscriptionId, UserId } from './ids.ts';
import type { Multiplier } from './money.ts';
import type { AttemptFacts } from './usage.ts';

const FACTS = buildFacts();
/** The same but for one fact. */
const OTHERS: AttemptFacts[] = [
  { ...FACTS, userId: 'usr_other' as UserId },
  { ...FACTS, keyId: 'key_other' as KeyId },
  { ...FACTS, groupId: 'grp_other' as GroupId },
  { ...FACTS, accountId: 'acc_other' as AccountId },
  { ...FACTS, protocol: 'gemini' },
  { ...FACTS, model: 'other' },
  { ...FACTS, upstreamModel: 'other' },
  { ...FACTS, stream: !FACTS.stream },
  { ...FACTS, rateMultiplier: 7n as Multiplier },
  { ...FACTS, subscriptionId: 'sub_other' as SubscriptionId },
];

describe('TargetLines', () => {
  it('[MON-1] [MON-5] never gives one attempt the facts of another, whichever of them differs', () => {
    for (const other of OTHERS) {
      for (const facts of [FACTS, other, FACTS, other])
        expect(decodeFacts(buildFactsLine(facts) ?? '')).toEqual(facts);
    }
  });

  it('builds a line once for as long as the same is asked for', () => {
    let built = 0;
    const lines = new TargetLines((facts) => `${facts.model} ${(built += 1)}`);
    const later = { ...FACTS, atMs: FACTS.atMs + 1 };
    const other = { ...FACTS, accountId: 'acc_other' as AccountId };
    expect([FACTS, later, other, FACTS].map((facts) => lines.find(facts)?.at(-1))).toEqual([
      '1',
      '1',
      '2',
      '1',
    ]);
  });

  it('keeps nothing of facts that have no line', () => {
    let answer: string | null = null;
    const lines = new TargetLines(() => answer);
    expect(lines.find(FACTS)).toBeNull();
    answer = 'line';
    expect(lines.find(FACTS)).toBe('line');
  });

  it('forgets when more is asked for than it keeps, and is right all the same', () => {
    let built = 0;
    const lines = new TargetLines((facts) => ((built += 1), facts.keyId));
    const askAll = (): void => {
      for (let at = 0; at < 5_000; at += 1) {
        const facts = { ...FACTS, keyId: `key_${at}` as KeyId };
        if (lines.find(facts) !== facts.keyId) throw new Error(`wrong line for ${facts.keyId}`);
      }
    };
    askAll();
    expect(built).toBe(5_000);
    askAll();
    expect(built).toBeGreaterThan(5_000);
  });
});
