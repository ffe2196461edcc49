import { ZERO_USAGE, type MeteredUsage, type TokenUsage } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { createPriceBook, type CostResult } from './price-book.ts';
import type { PriceEntry } from './price-entry.ts';

const platform = 'anthropic';
const AT = Date.parse('2026-11-21T12:00:00Z');

const BASE: PriceEntry = {
  model: 'base',
  platform,
  aliases: ['base-alias'],
  prices: { input: '3', output: '15', cacheRead: '0.30', cacheWrite5m: '3.75', cacheWrite1h: '6' },
  longPrompts: [{ overTokens: 100, prices: { input: '6', output: '22.50' } }],
  webSearch: '0.01',
};
const PLAIN: PriceEntry = { model: 'plain', platform, prices: { input: '1', output: '2' } };
const DATED: PriceEntry = { ...PLAIN, effectiveFrom: '2026-01-01' };
const book = createPriceBook([BASE, PLAIN], 'v1');

const usage = (overrides: Partial<TokenUsage>): TokenUsage => ({ ...ZERO_USAGE, ...overrides });
const metered = (overrides: Partial<TokenUsage>, extra: MeteredUsage['extra'] = []): MeteredUsage => ({
  usage: usage(overrides),
  extra,
  media: null,
  model: null,
});
const priced = (picoUsd: bigint, unpricedParts: string[] = []): CostResult => ({
  isPriced: true,
  standardCost: picoUsd as Extract<CostResult, { isPriced: true }>['standardCost'],
  priceVersion: 'v1',
  unpricedParts,
});

describe('computeCost', () => {
  it.each<[Partial<TokenUsage>, bigint]>([
    [{ inputTokens: 1 }, 3_000_000n],
    [{ outputTokens: 1 }, 15_000_000n],
    [{ cacheReadTokens: 1 }, 300_000n],
    [{ cacheWrite5mTokens: 1 }, 3_750_000n],
    [{ cacheWrite1hTokens: 1 }, 6_000_000n],
    [{ toolPromptTokens: 1 }, 3_000_000n],
    [{ webSearchRequests: 1 }, 10_000_000_000n],
  ])('[MON-3] one of %j costs %s pico-USD', (one, cost) => {
    expect(book.computeCost(metered(one), 'base', AT)).toEqual(priced(cost));
  });

  it('[MON-2] reasoning is part of the output, unless it has a price of its own', () => {
    const own: PriceEntry = { model: 'own', platform, prices: { input: '1', output: '2', reasoning: '5' } };
    const both = createPriceBook([PLAIN, own], 'v1');
    const answer = metered({ outputTokens: 10, reasoningTokens: 4 });
    expect(both.computeCost(answer, 'plain', AT)).toEqual(priced(20_000_000n));
    expect(both.computeCost(answer, 'own', AT)).toEqual(priced(6n * 2_000_000n + 4n * 5_000_000n));
  });

  it('[MON-2] the whole prompt decides on the tier, and every token is charged at it', () => {
    const split = { inputTokens: 40, cacheReadTokens: 30, cacheWrite5mTokens: 20, cacheWrite1hTokens: 10 };
    const atThreshold = 40n * 3_000_000n + 30n * 300_000n + 20n * 3_750_000n + 10n * 6_000_000n;
    expect(book.computeCost(metered({ ...split, outputTokens: 1 }), 'base', AT)).toEqual(
      priced(atThreshold + 15_000_000n),
    );
    expect(book.computeCost(metered({ ...split, toolPromptTokens: 1, outputTokens: 1 }), 'base', AT)).toEqual(
      priced(101n * 6_000_000n + 22_500_000n),
    );
  });

  it('[MON-2] a cache class without a price of its own costs what input does', () => {
    const answer = metered({ cacheReadTokens: 1, cacheWrite5mTokens: 1, cacheWrite1hTokens: 1 });
    expect(book.computeCost(answer, 'plain', AT)).toEqual(priced(3_000_000n));
  });

  it('[MON-2] an unknown model is never 0', () => {
    expect(book.computeCost(metered({}), 'base-2', AT)).toEqual({ isPriced: false, unpriced: 'base-2' });
  });

  it('[MON-8] extra parts are charged at their own model, each with its own tier', () => {
    const extra = [
      { kind: 'compaction', model: null, usage: usage({ inputTokens: 101 }) },
      { kind: 'advisor_message', model: 'plain', usage: usage({ outputTokens: 1 }) },
    ];
    expect(book.computeCost(metered({ inputTokens: 1 }, extra), 'base', AT)).toEqual(
      priced(3_000_000n + 101n * 6_000_000n + 2_000_000n),
    );
  });

  it('[MON-2] what has no price beside the model is named, and the rest is charged', () => {
    const extra = [{ kind: 'advisor_message', model: 'nobody', usage: usage({ outputTokens: 1 }) }];
    expect(book.computeCost(metered({ inputTokens: 1 }, extra), 'base', AT)).toEqual(
      priced(3_000_000n, ['nobody']),
    );
    expect(book.computeCost(metered({ inputTokens: 1, webSearchRequests: 2 }), 'plain', AT)).toEqual(
      priced(1_000_000n, ['web_search of plain']),
    );
  });

  it('[MON-2] what has no price is named once, however many parts of the answer used it', () => {
    const part = { kind: 'advisor_message', model: 'nobody', usage: usage({ outputTokens: 1 }) };
    const extra = [part, { ...part, kind: 'compaction' }];
    expect(book.computeCost(metered({ inputTokens: 1 }, extra), 'base', AT)).toEqual(
      priced(3_000_000n, ['nobody']),
    );
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    '[MON-1] %d tokens is a fault',
    (count) => {
      expect(() => book.computeCost(metered({ inputTokens: count }), 'plain', AT)).toThrow(RangeError);
    },
  );

  it('more reasoning than output is a fault', () => {
    const answer = metered({ outputTokens: 1, reasoningTokens: 2 });
    expect(() => book.computeCost(answer, 'plain', AT)).toThrow(RangeError);
  });
});

describe('findPrice', () => {
  it.each([
    'base',
    'base-alias',
    'base-latest',
    'base-20250929',
    'base@20250929',
    'base-2025-09-29',
    'models/base',
    'models/base-20250929',
  ])('[MON-2] %s is base by a written rule', (name) => {
    expect(book.findPrice(name, AT)?.model).toBe('base');
  });

  it.each(['', 'bas', 'base-2', 'base-mini', 'BASE', ' base', 'base-1234', 'x/base', 'toString', '-latest'])(
    '[MON-2] %j is unknown: nothing is matched by likeness',
    (name) => {
      expect(book.findPrice(name, AT)).toBeNull();
    },
  );

  it('[MON-2] an exact dated name goes before the rule', () => {
    const dated: PriceEntry = { model: 'base-2024-05-13', platform, prices: { input: '5', output: '15' } };
    const both = createPriceBook([BASE, dated], 'v1');
    expect(both.findPrice('base-2024-05-13', AT)?.model).toBe('base-2024-05-13');
    expect(both.findPrice('base-2024-08-06', AT)?.model).toBe('base');
  });

  it('[MON-2] the price in force on the day (UTC), whatever the order of the entries', () => {
    const first: PriceEntry = { ...PLAIN, effectiveFrom: '2026-01-01' };
    const second: PriceEntry = { ...PLAIN, effectiveFrom: '2026-10-07', prices: { input: '9', output: '9' } };
    const dated = createPriceBook([second, first], 'v1');
    const findInput = (at: string): bigint | undefined =>
      dated.findPrice('plain', Date.parse(at))?.prices.input;
    expect(findInput('2025-12-31T23:59:59Z')).toBeUndefined();
    expect(findInput('2026-01-01T00:00:00Z')).toBe(1_000_000n);
    expect(findInput('2026-10-06T23:59:59.999Z')).toBe(1_000_000n);
    expect(findInput('2026-10-07T00:00:00Z')).toBe(9_000_000n);
  });
});

describe('createPriceBook', () => {
  it.each<[string, PriceEntry[]]>([
    ['a negative price', [{ ...PLAIN, prices: { input: '-1', output: '1' } }]],
    ['a price that is no decimal', [{ ...PLAIN, prices: { input: '1e-6', output: '1' } }]],
    ['an empty price', [{ ...PLAIN, prices: { input: '', output: '1' } }]],
    ['a price finer than a pico-USD per token', [{ ...PLAIN, prices: { input: '0.0000001', output: '1' } }]],
    ['a tier from nothing on', [{ ...PLAIN, longPrompts: [{ overTokens: 0, prices: PLAIN.prices }] }]],
    ['a day that is none', [{ ...PLAIN, effectiveFrom: '2026-02-30' }]],
    ['one model twice', [PLAIN, PLAIN]],
    ['one day twice', [DATED, DATED]],
    ['a name of two models', [PLAIN, { ...BASE, aliases: ['plain'] }]],
  ])('[MON-2] refuses %s', (_name, entries) => {
    expect(() => createPriceBook(entries, 'v')).toThrow(RangeError);
  });

  it('[MON-2] finds the price of the day that is asked for, whatever was asked before', () => {
    const dearer: PriceEntry = {
      ...PLAIN,
      effectiveFrom: '2026-10-07',
      prices: { input: '5', output: '5' },
    };
    const days = createPriceBook([PLAIN, dearer], 'v1');
    const change = Date.parse('2026-10-07T00:00:00Z');
    const priceAt = (atMs: number) => days.findPrice('plain', atMs)?.prices.input;
    expect([change - 1, change, change - 1, change + 1].map(priceAt)).toEqual([
      1_000_000n,
      5_000_000n,
      1_000_000n,
      5_000_000n,
    ]);
    expect(days.findPrice('other', change)).toBeNull();
  });

  it('[API-6] lists what a platform sells, once each, without what is retired', () => {
    const retired: PriceEntry = { ...PLAIN, model: 'old', isRetired: true };
    const later: PriceEntry = { ...PLAIN, effectiveFrom: '2026-10-07' };
    const listed = createPriceBook([BASE, PLAIN, later, retired], 'v1');
    expect(listed.listModels('anthropic')).toEqual(['base', 'plain']);
    expect(listed.listModels('openai')).toEqual([]);
  });
});
