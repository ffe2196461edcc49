import { describe, expect, it } from 'vitest';
import { decodeFacts, decodeOutcome, encodeFacts, encodeOutcome } from './attempt-payload.ts';
import { buildFacts, buildOutcome, buildUnknown } from './testing/build-outcome.ts';

describe('attempt payloads', () => {
  it('[MON-1] carry facts and outcomes unchanged, money beyond 2^53 included', () => {
    const facts = buildFacts({ model: 'ünïcode "\u2028" \ud800', stream: false });
    expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
    for (const outcome of [
      buildOutcome(facts),
      buildUnknown(facts),
      buildOutcome(facts, { state: 'failed', errorCode: 'upstream_error', status: 502, firstTokenMs: null }),
    ]) {
      expect(decodeOutcome(encodeOutcome(outcome))).toEqual(outcome);
    }
  });

  it('are refused, never guessed, when the text is something else', () => {
    const good = encodeOutcome(buildOutcome());
    const broken = [
      '',
      'null',
      '{}',
      '[]',
      '[2]',
      good.replace('[1,', '[2,'),
      good.slice(0, -1),
      good.replace('"settled"', '"paid"'),
      good.replace('"12345678901234567890"', '"1.5"'),
      good.replace('8123', '"8123"'),
      good.replace('8123', 'null'),
      good.replace('[1200,', '['),
      `${good.slice(0, -1)},0]`,
    ];
    for (const text of broken) expect([text, decodeOutcome(text)]).toEqual([text, null]);
    expect(decodeFacts(good)).toBeNull();
    expect(decodeOutcome(encodeFacts(buildFacts()))).toBeNull();
  });
});
