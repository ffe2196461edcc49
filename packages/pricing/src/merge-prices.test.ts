import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInPriceBook } from './built-in-price-book.ts';
import { decodePrices } from './decode-prices.ts';
import { mergePrices, putPrices } from './merge-prices.ts';
import { createPriceBook } from './price-book.ts';
import type { PriceEntry } from './price-entry.ts';
import { arbitraryEntry } from './testing/arbitrary-prices.ts';

const build = (model: string, input: string, effectiveFrom?: string, aliases?: string[]): PriceEntry => ({
  model,
  platform: 'openai',
  prices: { input, output: '1' },
  ...(effectiveFrom !== undefined && { effectiveFrom }),
  ...(aliases !== undefined && { aliases }),
});

const LOWER = [
  build('a', '1'),
  build('a', '2', '2026-06-01'),
  build('a', '3', '2027-01-01'),
  build('b', '1'),
];

function readInputs(entries: readonly PriceEntry[], model: string, moments: readonly string[]): unknown[] {
  const book = createPriceBook(entries, 'v');
  return moments.map((at) => book.findPrice(model, Date.parse(at))?.prices.input ?? null);
}

describe('mergePrices', () => {
  it('[MON-2] from its first moment on the upper layer rules alone, before it the lower', () => {
    const merged = mergePrices(LOWER, [build('a', '9', '2026-08-01T12:00:00Z')]);
    const moments = [
      '2026-01-01',
      '2026-07-31',
      '2026-08-01T11:59:59.999Z',
      '2026-08-01T12:00:00Z',
      '2027-06-01',
    ];
    expect(readInputs(merged, 'a', moments)).toEqual([
      1_000_000n,
      2_000_000n,
      2_000_000n,
      9_000_000n,
      9_000_000n,
    ]);
    expect(readInputs(merged, 'b', moments)).toEqual(Array.from({ length: 5 }, () => 1_000_000n));
  });

  it('[MON-2] an upper price since ever replaces the whole history', () => {
    const merged = mergePrices(LOWER, [build('a', '9')]);
    expect(readInputs(merged, 'a', ['2000-01-01', '2030-01-01'])).toEqual([9_000_000n, 9_000_000n]);
  });

  it('[MON-2] a name that the upper layer prices is no alias below any more', () => {
    const merged = mergePrices([build('a', '1', undefined, ['x', 'y'])], [build('x', '5')]);
    expect(readInputs(merged, 'x', ['2026-01-01'])).toEqual([5_000_000n]);
    expect(readInputs(merged, 'y', ['2026-01-01'])).toEqual([1_000_000n]);
  });

  it('[MON-2] a dated name priced from some day on goes by the rule before it', () => {
    const merged = mergePrices(LOWER, [build('a-2026-01-01', '9', '2026-08-01')]);
    expect(readInputs(merged, 'a-2026-01-01', ['2026-07-31', '2026-08-01'])).toEqual([
      2_000_000n,
      9_000_000n,
    ]);
  });
});

describe('putPrices', () => {
  it('[MON-2] replaces a price that begins at the same moment, and keeps the others', () => {
    const layer = [build('a', '1', '2026-06-01'), build('a', '2', '2026-07-01')];
    const put = putPrices(layer, [build('a', '9', '2026-06-01T00:00:00Z')]);
    expect(readInputs(put, 'a', ['2026-06-15', '2026-07-15'])).toEqual([9_000_000n, 2_000_000n]);
  });
});

describe('decodePrices', () => {
  it('[MON-2] a stored book is the book: every version can be loaded again', () => {
    expect(decodePrices(JSON.stringify(builtInPriceBook.entries))).toEqual(builtInPriceBook.entries);
    fc.assert(
      fc.property(arbitraryEntry, (entry) => {
        expect(decodePrices(JSON.stringify([entry]))).toEqual([entry]);
      }),
    );
  });

  it.each([
    '',
    '{}',
    'null',
    '[null]',
    '[{"model":"m"}]',
    '[{"model":"m","platform":"mine","prices":{"input":"1","output":"1"}}]',
    '[{"model":"m","platform":"openai","prices":{"input":1,"output":"1"}}]',
    '[{"model":"m","platform":"openai","prices":{"input":"1","output":"1"},"aliases":"x"}]',
    '[{"model":"m","platform":"openai","prices":{"input":"1","output":"1"},"longPrompts":[{}]}]',
    '[{"model":"m","platform":"openai","prices":{"input":"1","output":"1"},"maxOutputTokens":"9"}]',
  ])('[MON-2] refuses %s', (text) => {
    expect(() => decodePrices(text)).toThrow(RangeError);
  });
});
