import { parseUsd } from '@tollgate/core';
import type { ModelPrice, PriceEntry, TokenPrices, TokenPriceText } from './price-entry.ts';

const TOKENS_PER_PRICE = 1_000_000n;

/** Throws RangeError that names the model when a price is malformed, negative or finer than a pico-USD per token. */
export function parsePriceEntry(entry: PriceEntry): ModelPrice {
  const { model, platform, effectiveFrom, longPrompt, webSearch } = entry;
  try {
    return {
      model,
      platform,
      effectiveFrom: effectiveFrom === undefined ? null : parseDay(effectiveFrom),
      prices: parseTokenPrices(entry.prices),
      longPrompt: longPrompt === undefined ? null : parseLongPrompt(longPrompt),
      webSearch: webSearch === undefined ? null : parsePrice(webSearch),
    };
  } catch (cause) {
    throw new RangeError(`price of ${model}: ${cause instanceof Error ? cause.message : 'malformed'}`, {
      cause,
    });
  }
}

/**
 * A prompt class without a price of its own is an ordinary prompt token: a vendor that lists no cache price gives
 * no discount. A 1-hour write without one costs what the 5-minute write does.
 */
function parseTokenPrices(text: TokenPriceText): TokenPrices {
  const cacheWrite5m = text.cacheWrite5m ?? text.input;
  return {
    input: parseTokenPrice(text.input),
    output: parseTokenPrice(text.output),
    cacheRead: parseTokenPrice(text.cacheRead ?? text.input),
    cacheWrite5m: parseTokenPrice(cacheWrite5m),
    cacheWrite1h: parseTokenPrice(text.cacheWrite1h ?? cacheWrite5m),
    reasoning: text.reasoning === undefined ? null : parseTokenPrice(text.reasoning),
  };
}

function parseLongPrompt(tier: NonNullable<PriceEntry['longPrompt']>): ModelPrice['longPrompt'] {
  if (!Number.isSafeInteger(tier.overTokens) || tier.overTokens < 1) {
    throw new RangeError(`not a prompt length: ${tier.overTokens}`);
  }
  return { overTokens: tier.overTokens, prices: parseTokenPrices(tier.prices) };
}

/** USD per million tokens → pico-USD per token: × 10¹² ÷ 10⁶. */
function parseTokenPrice(usdPerMillion: string): bigint {
  const price = parsePrice(usdPerMillion);
  if (price % TOKENS_PER_PRICE !== 0n) {
    throw new RangeError(`not a whole number of pico-USD per token: ${usdPerMillion}`);
  }
  return price / TOKENS_PER_PRICE;
}

function parsePrice(usd: string): bigint {
  const price = parseUsd(usd);
  if (price < 0n) throw new RangeError(`negative: ${usd}`);
  return price;
}

function parseDay(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 2026-02-30 parses in some engines, as March.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== text) {
    throw new RangeError(`not a day: ${text}`);
  }
  return text;
}
