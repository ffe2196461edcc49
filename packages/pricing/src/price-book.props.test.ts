import { ZERO_USAGE, type MeteredUsage, type TokenUsage } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANTHROPIC_PRICES } from './books/anthropic.ts';
import { GEMINI_PRICES } from './books/gemini.ts';
import { OPENAI_PRICES } from './books/openai.ts';
import { createPriceBook } from './price-book.ts';
import type { PriceEntry, TokenPriceText } from './price-entry.ts';

const ENTRIES = [...ANTHROPIC_PRICES, ...OPENAI_PRICES, ...GEMINI_PRICES];
/** After the last dated change, so that each model has one price here: its last. */
const AT = Date.parse('2030-01-01T00:00:00Z');
const LAST: readonly PriceEntry[] = [...new Map(ENTRIES.map((entry) => [entry.model, entry])).values()];
const book = createPriceBook(ENTRIES, 'v');

const count = fc.oneof(fc.nat(300), fc.nat(250_000), fc.nat(1_000_000_000));
const usage: fc.Arbitrary<TokenUsage> = fc
  .record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWrite5mTokens: count,
    cacheWrite1hTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    toolPromptTokens: count,
    webSearchRequests: fc.nat(50),
  })
  .filter(({ reasoningTokens, outputTokens }) => reasoningTokens <= outputTokens);
const entry = fc.constantFrom(...LAST);
const flatEntry = fc.constantFrom(...LAST.filter(({ longPrompt }) => longPrompt === undefined));

function costOf(model: string, tokens: TokenUsage, extra: MeteredUsage['extra'] = []): bigint {
  const cost = book.computeCost({ usage: tokens, extra, media: null, model: null }, model, AT);
  if (!cost.isPriced) throw new Error(`no price: ${cost.unpriced}`);
  return cost.standardCost;
}

function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  const sum = { ...a };
  for (const key of Object.keys(a) as (keyof TokenUsage)[]) sum[key] = a[key] + b[key];
  return sum;
}

/** The same sum in rationals, by another way: numerators over a common denominator of 10¹⁸. */
function referenceCost({ prices, longPrompt, webSearch }: PriceEntry, tokens: TokenUsage): bigint {
  const prompt =
    tokens.inputTokens +
    tokens.toolPromptTokens +
    tokens.cacheReadTokens +
    tokens.cacheWrite5mTokens +
    tokens.cacheWrite1hTokens;
  const tier: TokenPriceText = longPrompt && prompt > longPrompt.overTokens ? longPrompt.prices : prices;
  const write5m = tier.cacheWrite5m ?? tier.input;
  const perMillion: [number, string][] = [
    [tokens.inputTokens + tokens.toolPromptTokens, tier.input],
    [tokens.cacheReadTokens, tier.cacheRead ?? tier.input],
    [tokens.cacheWrite5mTokens, write5m],
    [tokens.cacheWrite1hTokens, tier.cacheWrite1h ?? write5m],
    [tokens.outputTokens, tier.output],
  ];
  let numerator = BigInt(tokens.webSearchRequests) * readDecimal(webSearch ?? '0') * 1_000_000n;
  for (const [many, price] of perMillion) numerator += BigInt(many) * readDecimal(price);
  return numerator;
}

/** A decimal as a numerator over 10¹². */
function readDecimal(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

describe('computeCost', () => {
  it('[MON-1] equals the sum in rationals, exactly, for every model in the book', () => {
    fc.assert(
      fc.property(entry, usage, (priced, tokens) => {
        // pico-USD × 10⁶ = the numerator over 10¹⁸.
        expect(costOf(priced.model, tokens) * 1_000_000n).toBe(referenceCost(priced, tokens));
      }),
      { numRuns: 1_000 },
    );
  });

  it('[MON-3] is additive over any split of the usage', () => {
    fc.assert(
      fc.property(flatEntry, usage, usage, ({ model }, a, b) => {
        expect(costOf(model, addUsage(a, b))).toBe(costOf(model, a) + costOf(model, b));
      }),
    );
  });

  it('[MON-3] is additive over the answer and its extra parts, tiers included', () => {
    fc.assert(
      fc.property(entry, entry, usage, usage, (answer, advisor, a, b) => {
        const extra = [{ kind: 'advisor_message', model: advisor.model, usage: b }];
        expect(costOf(answer.model, a, extra)).toBe(costOf(answer.model, a) + costOf(advisor.model, b));
      }),
    );
  });

  it('[MON-3] is monotone: more of anything never costs less, also across a tier', () => {
    fc.assert(
      fc.property(entry, usage, usage, ({ model }, a, b) => {
        const more = addUsage(a, b);
        expect(costOf(model, more) >= costOf(model, a)).toBe(true);
      }),
    );
  });

  it('[MON-2] no use costs 0, any use of tokens costs more', () => {
    fc.assert(
      fc.property(entry, usage, ({ model }, tokens) => {
        expect(costOf(model, ZERO_USAGE)).toBe(0n);
        const all = tokens.inputTokens + tokens.outputTokens;
        expect(costOf(model, tokens) > 0n || all === 0).toBe(true);
      }),
    );
  });

  it('[MON-2] a model that is not in the book is never 0', () => {
    const names = new Set(LAST.flatMap(({ model, aliases = [] }) => aliases.concat(model)));
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...names), usage, (noise, name, tokens) => {
        const model = `${name}-${noise}x`;
        const result = book.computeCost({ usage: tokens, extra: [], media: null, model: null }, model, AT);
        expect(result).toEqual({ isPriced: false, unpriced: model });
      }),
    );
  });
});
