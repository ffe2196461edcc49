import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFactsLine, buildOutcomeLine, LINE_BYTES_MAX, LINE_MARK } from './attempt-line.ts';
import { decodeFacts, decodeOutcome, encodeOutcome } from './attempt-text.ts';
import { buildFacts, buildOutcome, buildUnknown } from './testing/build-outcome.ts';
import { ZERO_MEDIA, ZERO_USAGE, type AttemptFacts, type AttemptOutcome } from './usage.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('', '\\N', '\t', '\n', '\0', '\ud800', 'é', '中'.repeat(500), 'x'.repeat(501)),
);
const figure = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(0, -0, 2 ** 31 - 1, 2 ** 31, 999_999, 1_000_000),
);
const amount = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: 0n, max: 10n ** 19n }),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 10n ** 18n, 10n ** 18n + 1n, 10n ** 12n - 1n),
);
const usage = fc.record({
  inputTokens: figure,
  cacheReadTokens: figure,
  cacheWrite5mTokens: figure,
  cacheWrite1hTokens: figure,
  outputTokens: figure,
  reasoningTokens: figure,
  toolPromptTokens: figure,
  webSearchRequests: figure,
});
const media = fc.record({
  audioInputTokens: figure,
  audioOutputTokens: figure,
  imageInputTokens: figure,
  imageOutputTokens: figure,
  images1k: figure,
  images2k: figure,
  images4k: figure,
});
const facts = fc.record({
  attemptId: text,
  requestId: text,
  nodeId: text,
  atMs: fc.oneof(figure, fc.maxSafeInteger()),
  userId: text,
  keyId: text,
  groupId: text,
  accountId: text,
  protocol: text,
  model: text,
  upstreamModel: text,
  stream: fc.boolean(),
  rateMultiplier: amount,
  subscriptionId: fc.option(text),
});
const rest = fc.record({
  state: fc.constantFrom('settled', 'estimated', 'failed', 'unknown', 'melted'),
  status: figure,
  errorCode: fc.option(text),
  usage,
  extra: fc.array(fc.record({ kind: text, model: fc.option(text), usage }), { maxLength: 3 }),
  priceVersion: fc.option(text),
  standardCost: amount,
  actualCost: amount,
  durationMs: figure,
  firstTokenMs: fc.option(figure),
  upstreamRequestId: fc.option(text),
  media: fc.option(media),
});
/** Good outcomes with some fields of any kind, so that many have a line and many have none. */
const outcome = fc
  .tuple(facts, rest, fc.array(fc.constantFrom(...Object.keys(buildOutcome())), { maxLength: 3 }))
  .map(([drawnFacts, drawnRest, names]) => {
    const drawn = Object.entries({ ...drawnFacts, ...drawnRest }).filter(([name]) => names.includes(name));
    return Object.assign(buildOutcome(), Object.fromEntries(drawn));
  });

describe('an attempt as a line', () => {
  it('[MON-1] loses nothing, is one line, and has its fields only', () => {
    let lines = 0;
    fc.assert(
      fc.property(outcome, (drawn) => {
        const line = buildOutcomeLine(drawn);
        if (line === null) return;
        lines += 1;
        expect(line.split('\t')).toHaveLength(34);
        expect(line.includes('\n')).toBe(false);
        // Minus nought is nought.
        expect(decodeOutcome(line)).toEqual(JSON.parse(JSON.stringify(drawn, keepBigInt), readBigInt));
        expect(line.startsWith(LINE_MARK)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(lines).toBeGreaterThan(400);
  });

  it('[MON-1] has another text when it has no line, and that loses nothing either', () => {
    const odd: Partial<AttemptOutcome>[] = [
      { model: 'a\tb' },
      { model: '\\N' },
      { upstreamRequestId: 'a\nb' },
      { errorCode: '\0' },
      { priceVersion: '\ud83d\ude00' },
      { requestId: 'r'.repeat(501) as AttemptFacts['requestId'] },
      { usage: { ...ZERO_USAGE, inputTokens: -1 } },
      { usage: { ...ZERO_USAGE, inputTokens: 2 ** 31 } },
      { durationMs: 1.5 },
      { atMs: 253_402_300_800_000 },
      { standardCost: (10n ** 18n + 1n) as AttemptOutcome['standardCost'] },
      { actualCost: -1n as AttemptOutcome['actualCost'] },
      { rateMultiplier: (10n ** 12n) as AttemptOutcome['rateMultiplier'] },
      { extra: [{ kind: '"', model: null, usage: ZERO_USAGE }] },
      { extra: [{ kind: 'a', model: null, usage: { ...ZERO_USAGE, outputTokens: 0.5 } }] },
      { media: { ...ZERO_MEDIA, images1k: 0.5 } },
      { media: { ...ZERO_MEDIA, imageOutputTokens: -1 } },
      { extra: Array.from({ length: 100 }, () => ({ kind: 'a', model: null, usage: ZERO_USAGE })) },
    ];
    for (const changes of odd) {
      const drawn = buildOutcome(undefined, changes);
      expect([changes, buildOutcomeLine(drawn)]).toEqual([changes, null]);
      expect(encodeOutcome(drawn)).not.toContain('\n');
      expect(decodeOutcome(encodeOutcome(drawn))).toEqual(drawn);
    }
    expect(buildOutcomeLine(buildOutcome(undefined, { state: 'melted' as never }))).toBeNull();
    for (const garbage of [undefined, null, {}, '7.', 7.5, true]) {
      for (const field of ['model', 'status', 'standardCost', 'durationMs'] as const) {
        const drawn = { ...buildOutcome(), [field]: garbage } as AttemptOutcome;
        const expected = field === 'model' && garbage === '7.' ? expect.any(String) : null;
        expect([field, garbage, buildOutcomeLine(drawn)]).toEqual([field, garbage, expected]);
      }
    }
  });

  it('carries facts, and outcomes of every state', () => {
    const some = buildFacts({ model: 'ünïcode "中" \u2028', stream: false });
    expect(decodeFacts(buildFactsLine(some) ?? '')).toEqual(some);
    const failed: Partial<AttemptOutcome> = {
      state: 'failed',
      errorCode: 'upstream_error',
      firstTokenMs: null,
    };
    for (const each of [buildOutcome(some), buildUnknown(some), buildOutcome(some, failed)]) {
      expect(decodeOutcome(buildOutcomeLine(each) ?? '')).toEqual(each);
    }
  });

  it('[MON-6] has room for the longest of each', () => {
    const wide = '中'.repeat(500) as never;
    const figures = Object.fromEntries(Object.keys(ZERO_USAGE).map((name) => [name, 2 ** 31 - 1]));
    const most = figures as unknown as AttemptOutcome['usage'];
    const texts = Object.entries(buildFacts()).map(([name, value]) => [
      name,
      typeof value === 'string' ? wide : value,
    ]);
    const longest = buildOutcome(Object.fromEntries(texts) as AttemptFacts, {
      atMs: 253_402_300_799_999,
      errorCode: wide,
      usage: most,
      extra: Array.from({ length: 3 }, () => ({ kind: wide, model: '中'.repeat(400), usage: most })),
      priceVersion: wide,
      standardCost: (10n ** 18n) as AttemptOutcome['standardCost'],
      actualCost: (10n ** 18n - 1n) as AttemptOutcome['actualCost'],
      upstreamRequestId: wide,
    });
    const line = buildOutcomeLine(longest) ?? '';
    expect(decodeOutcome(line)).toEqual(longest);
    expect(Buffer.byteLength(line)).toBeGreaterThan(30_000);
    expect(Buffer.byteLength(line)).toBeLessThan(LINE_BYTES_MAX);
  });

  it('[MON-6] of version 2 is read: nothing paid by a subscription, nothing but text', () => {
    const some = buildFacts({ subscriptionId: null });
    const now = buildOutcome(some, { media: null });
    const facts2 = (buildFactsLine(some) ?? '').replace('3\t', '2\t').replace(/\t\\N$/, '');
    expect(facts2.split('\t')).toHaveLength(14);
    expect(decodeFacts(facts2)).toEqual(some);
    const outcome2 = (buildOutcomeLine(now) ?? '')
      .replace('3\t', '2\t')
      .replace('\t\\N\tsettled', '\tsettled')
      .replace(/\t\\N$/, '');
    expect(outcome2.split('\t')).toHaveLength(32);
    expect(decodeOutcome(outcome2)).toEqual(now);
    expect(decodeOutcome(outcome2.replace('2\t', '3\t'))).toBeNull();
  });

  it('has no word for media of nothing', () => {
    const empty = buildOutcome(undefined, { media: { ...ZERO_MEDIA } });
    expect(decodeOutcome(buildOutcomeLine(empty) ?? '')).toEqual({ ...empty, media: null });
  });

  it('is refused, never guessed, when the text is something else', () => {
    const good = buildOutcomeLine(buildOutcome()) ?? '';
    const broken = [
      LINE_MARK,
      good.replace('3\t', '4\t'),
      good.replace('3\t', '2\t'),
      good.replace('\tsettled\t', '\tpaid\t'),
      good.replace('\t8123\t', '\t8123.5\t'),
      good.replace('\t8123\t', '\t-1\t'),
      good.replace('\t8123\t', '\t\t'),
      good.replace('\t8123\t', '\t\\N\t'),
      good.replace('\tt\t', '\ttrue\t'),
      good.replace('"kind"', '"kin"'),
      good.replace('[{', '[[{'),
      good.replace('"images2k"', '"images3k"'),
      good.replace('"images2k":3', '"images2k":0'),
      good.replace('"images2k":3', '"images2k":"3"'),
      good.replace(/\{"audio.*\}$/, '{}'),
      good.replace(/\{"audio.*\}$/, '[]'),
      good.replace('"outputTokens":7', '"outputTokens":"7"'),
      `${good}\t0`,
      good.slice(0, good.lastIndexOf('\t')),
    ];
    expect(decodeOutcome(good)).not.toBeNull();
    for (const line of broken) expect([line, decodeOutcome(line)]).toEqual([line, null]);
    expect(decodeFacts(good)).toBeNull();
    expect(decodeOutcome(buildFactsLine(buildFacts()) ?? '')).toBeNull();
  });
});

function keepBigInt(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

function readBigInt(name: string, value: unknown): unknown {
  const isMoney = name === 'rateMultiplier' || name.endsWith('Cost');
  return isMoney && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value;
}
