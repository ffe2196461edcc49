import { ZERO_MEDIA, ZERO_USAGE, type MediaUsage, type MeteredUsage, type TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInPriceBook } from './built-in-price-book.ts';
import { createPriceBook } from './price-book.ts';
import type { ImagePrices, PriceEntry, TokenPriceText } from './price-entry.ts';
import { arbitraryEntry, arbitraryMediaUsage, arbitraryUsage } from './testing/arbitrary-prices.ts';

const ENTRIES = builtInPriceBook.entries;
/** After the last dated change, so that each model has one price here: its last. */
const AT = Date.parse('2030-01-01T00:00:00Z');
const LAST: readonly PriceEntry[] = [...new Map(ENTRIES.map((entry) => [entry.model, entry])).values()];

const sold = fc.constantFrom(...LAST);
const entry = fc.oneof(sold, arbitraryEntry);
const flatEntry = entry.map((priced): PriceEntry => ({ ...priced, longPrompts: [] }));
type Used = { usage: TokenUsage; media: MediaUsage | null };

function costOf(priced: PriceEntry, { usage, media }: Used, extra: MeteredUsage['extra'] = []): bigint {
  const book = createPriceBook([{ ...priced, effectiveFrom: '2029-01-01' }], 'v');
  const cost = book.computeCost({ usage, extra, media, model: null }, priced.model, AT);
  if (!cost.isPriced) throw new Error(`no price: ${cost.unpriced}`);
  return cost.standardCost;
}

function addUsed(a: Used, b: Used): Used {
  return {
    usage: addCounts(a.usage, b.usage),
    media:
      a.media === null && b.media === null ? null : addCounts(a.media ?? ZERO_MEDIA, b.media ?? ZERO_MEDIA),
  };
}

function addCounts<Counts extends { [field in keyof Counts]: number }>(a: Counts, b: Counts): Counts {
  const names = Object.keys(a) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Counts;
}

/** The same sum in rationals, by another way: numerators over a common denominator of 10¹⁸. */
function referenceCost(priced: PriceEntry, { usage, media }: Used): bigint {
  const { audioInputTokens, audioOutputTokens, imageInputTokens, imageOutputTokens } = media ?? ZERO_MEDIA;
  const tier = selectTier(priced, usage);
  const images = referenceImages(priced, media);
  const write5m = tier.cacheWrite5m ?? tier.input;
  const textOutput = usage.outputTokens - usage.reasoningTokens - audioOutputTokens - imageOutputTokens;
  const perMillion: [number, string][] = [
    [usage.inputTokens - audioInputTokens - imageInputTokens + usage.toolPromptTokens, tier.input],
    [audioInputTokens, tier.audioInput ?? tier.input],
    [imageInputTokens, tier.imageInput ?? tier.input],
    [usage.cacheReadTokens, tier.cacheRead ?? tier.input],
    [usage.cacheWrite5mTokens, write5m],
    [usage.cacheWrite1hTokens, tier.cacheWrite1h ?? write5m],
    [textOutput, tier.output],
    [usage.reasoningTokens, tier.reasoning ?? tier.output],
    [audioOutputTokens, tier.audioOutput ?? tier.output],
    [images === null ? imageOutputTokens : 0, tier.imageOutput ?? tier.output],
  ];
  const pieces = BigInt(usage.webSearchRequests) * readDecimal(priced.webSearch ?? '0') + (images ?? 0n);
  return perMillion.reduce(
    (sum, [many, price]) => sum + BigInt(many) * readDecimal(price),
    pieces * 1_000_000n,
  );
}

/** null = their tokens are charged. */
function referenceImages({ images = {} }: PriceEntry, media: MediaUsage | null): bigint | null {
  if (media === null) return null;
  const counts = { '1k': media.images1k, '2k': media.images2k, '4k': media.images4k };
  let total = 0n;
  for (const size of ['1k', '2k', '4k'] as const) {
    const price = images[size];
    if (counts[size] > 0 && price === undefined) return null;
    total += BigInt(counts[size]) * readDecimal(price ?? '0');
  }
  return total;
}

function selectTier({ prices, longPrompts = [] }: PriceEntry, usage: TokenUsage): TokenPriceText {
  const { inputTokens, toolPromptTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  const prompt = inputTokens + toolPromptTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  const passed = longPrompts.filter(({ overTokens }) => prompt > overTokens);
  return passed.toSorted((a, b) => b.overTokens - a.overTokens)[0]?.prices ?? prices;
}

/** A decimal as a numerator over 10¹². */
function readDecimal(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

describe('computeCost', () => {
  it('[MON-1] equals the sum in rationals, exactly, for every class, tier and piece', () => {
    fc.assert(
      fc.property(entry, arbitraryMediaUsage, (priced, used) => {
        // pico-USD × 10⁶ = the numerator over 10¹⁸.
        expect(costOf(priced, used) * 1_000_000n).toBe(referenceCost(priced, used));
      }),
      { numRuns: 1_000 },
    );
  });

  it('[MON-3] is additive over any split of the usage where no tier applies', () => {
    fc.assert(
      fc.property(flatEntry, arbitraryMediaUsage, arbitraryMediaUsage, (priced, a, b) => {
        const images = { '1k': '0.1', '2k': '0.2', '4k': '0.3' };
        // Pictures with and without a price by the piece: one rule for both events.
        for (const rule of [
          { ...priced, images },
          { ...priced, images: {} },
        ]) {
          expect(costOf(rule, addUsed(a, b))).toBe(costOf(rule, a) + costOf(rule, b));
        }
      }),
    );
  });

  it('[MON-3] is additive over the answer and its extra parts, tiers included', () => {
    fc.assert(
      fc.property(sold, sold, arbitraryUsage, arbitraryUsage, (answer, advisor, a, b) => {
        const extra = [{ kind: 'advisor_message', model: advisor.model, usage: b }];
        const costWith = (parts: MeteredUsage['extra']) => {
          const cost = builtInPriceBook.computeCost(
            { usage: a, extra: parts, media: null, model: null },
            answer.model,
            AT,
          );
          return cost.isPriced ? cost.standardCost : 0n;
        };
        expect(costWith(extra)).toBe(costWith([]) + costOf(advisor, { usage: b, media: null }));
      }),
    );
  });

  it('[MON-3] is monotone in the built-in book: more of anything never costs less, also across a tier', () => {
    fc.assert(
      fc.property(sold, arbitraryMediaUsage, arbitraryMediaUsage, (priced, a, b) => {
        expect(costOf(priced, addUsed(a, b)) >= costOf(priced, a)).toBe(true);
      }),
    );
  });

  it('[MON-2] no use costs 0, any use of tokens costs more', () => {
    fc.assert(
      fc.property(sold, arbitraryUsage, (priced, usage) => {
        expect(costOf(priced, { usage: ZERO_USAGE, media: null })).toBe(0n);
        const all = usage.inputTokens + usage.outputTokens;
        expect(costOf(priced, { usage, media: null }) > 0n || all === 0).toBe(true);
      }),
    );
  });

  it('[MON-2] a model that is not in the book is never 0', () => {
    const names = new Set(LAST.flatMap(({ model, aliases = [] }) => aliases.concat(model)));
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...names), arbitraryUsage, (noise, name, tokens) => {
        const model = `${name}-${noise}x`;
        const metered = { usage: tokens, extra: [], media: null, model: null };
        expect(builtInPriceBook.computeCost(metered, model, AT)).toEqual({
          isPriced: false,
          unpriced: model,
        });
        expect(builtInPriceBook.computeHold(model, 1, 1, AT)).toBeNull();
      }),
    );
  });
});

describe('computeHold', () => {
  const groupImages: fc.Arbitrary<ImagePrices | null> = fc.option(
    fc.record({
      '1k': fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      '2k': fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      '4k': fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
    }),
  );
  /** At most one picture, no searches: what comes on top is not held. */
  const within = fc.tuple(arbitraryMediaUsage, fc.nat(5_000), fc.nat(5_000)).map(([used, more, longer]) => {
    const { usage } = used;
    const media = used.media && {
      ...used.media,
      images1k: Math.min(used.media.images1k, 1),
      images2k: 0,
      images4k: 0,
    };
    const prompt =
      usage.inputTokens +
      usage.cacheReadTokens +
      usage.cacheWrite5mTokens +
      usage.cacheWrite1hTokens +
      usage.toolPromptTokens;
    return {
      used: { usage: { ...usage, webSearchRequests: 0 }, media },
      inputTokens: prompt + more,
      maxOutputTokens: usage.outputTokens + longer,
    };
  });

  it('[MON-4] is at least the cost of any usage within it', () => {
    fc.assert(
      fc.property(entry, within, groupImages, (priced, { used, inputTokens, maxOutputTokens }, images) => {
        const book = createPriceBook([{ ...priced, effectiveFrom: '2029-01-01' }], 'v');
        const hold = book.computeHold(priced.model, inputTokens, maxOutputTokens, AT, images);
        const cost = book.computeCost({ ...used, extra: [], model: null }, priced.model, AT, images);
        expect(hold !== null && cost.isPriced && hold >= cost.standardCost).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('[MON-4] is reached: all input written to the cache for an hour, all output used', () => {
    const { usage } = { usage: { ...ZERO_USAGE, cacheWrite1hTokens: 250_000, outputTokens: 64_000 } };
    for (const model of ['claude-sonnet-4-5', 'claude-opus-4-8', 'claude-haiku-5-5']) {
      const cost = builtInPriceBook.computeCost({ usage, extra: [], media: null, model: null }, model, AT);
      expect(builtInPriceBook.computeHold(model, 250_000, 64_000, AT)).toBe(
        cost.isPriced && cost.standardCost,
      );
    }
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('[MON-1] %d tokens is a fault', (count) => {
    expect(() => builtInPriceBook.computeHold('gpt-5', count, 1, AT)).toThrow(RangeError);
    expect(() => builtInPriceBook.computeHold('gpt-5', 1, count, AT)).toThrow(RangeError);
  });
});
