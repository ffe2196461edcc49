import { describe, expect, it } from 'vitest';
import { decodeFactsJson, decodeOutcomeJson, encodeFactsJson, encodeOutcomeJson } from './attempt-json.ts';
import { buildFacts, buildOutcome, buildUnknown } from './testing/build-outcome.ts';

describe('attempts as JSON', () => {
  it('[MON-1] carry facts and outcomes unchanged, money beyond 2^53 included', () => {
    const facts = buildFacts({ model: 'ünïcode "\u2028" \ud800', stream: false });
    expect(decodeFactsJson(encodeFactsJson(facts))).toEqual(facts);
    for (const outcome of [
      buildOutcome(facts),
      buildUnknown(facts),
      buildOutcome(facts, { state: 'failed', errorCode: 'upstream_error', status: 502, firstTokenMs: null }),
    ]) {
      expect(decodeOutcomeJson(encodeOutcomeJson(outcome))).toEqual(outcome);
    }
  });

  it('keep what JSON has no word for as figures out of range, and a state nobody knows as unknown', () => {
    const odd = buildOutcome(undefined, {
      durationMs: Number.NaN,
      firstTokenMs: -Infinity,
      status: Infinity,
      state: 'melted' as never,
    });
    expect(decodeOutcomeJson(encodeOutcomeJson(odd))).toEqual({
      ...odd,
      durationMs: -1,
      firstTokenMs: -1,
      status: Number.MAX_SAFE_INTEGER,
      state: 'unknown',
    });
  });

  it('[MON-6] of version 1 are read: nothing paid by a subscription, nothing but text', () => {
    const facts = buildFacts({ subscriptionId: null });
    const dropAdded = (text: string, added: number[]): string => {
      const fields = JSON.parse(text) as unknown[];
      return JSON.stringify([1, ...fields.filter((_, index) => index > 0 && !added.includes(index))]);
    };
    const outcome = buildOutcome(facts, { media: null });
    expect(decodeFactsJson(dropAdded(encodeFactsJson(facts), [14]))).toEqual(facts);
    expect(decodeOutcomeJson(dropAdded(encodeOutcomeJson(outcome), [14, 26]))).toEqual(outcome);
  });

  it('are refused, never guessed, when the text is something else', () => {
    const good = encodeOutcomeJson(buildOutcome());
    const broken = [
      '',
      'null',
      '{}',
      '[]',
      '[2]',
      good.replace('[3,', '[2,'),
      good.replace('[3,', '[1,'),
      good.slice(0, -1),
      good.replace('"settled"', '"paid"'),
      good.replace('"345678901234567890"', '"1.5"'),
      good.replace('8123', '"8123"'),
      good.replace('8123', 'null'),
      good.replace('[1200,', '['),
      good.replace('[40,0', '[40'),
      good.replace('[40,0', '["40",0'),
      `${good.slice(0, -1)},0]`,
    ];
    for (const text of broken) expect([text, decodeOutcomeJson(text)]).toEqual([text, null]);
    expect(decodeFactsJson(good)).toBeNull();
    expect(decodeOutcomeJson(encodeFactsJson(buildFacts()))).toBeNull();
  });
});
