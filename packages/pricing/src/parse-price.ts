import { parseUsd } from '@tollgate/core';
import { parseEffectiveFrom } from './parse-effective-from.ts';
import {
  type LongPromptText,
  type ModelPrice,
  type PriceEntry,
  type TokenPrices,
  type TokenPriceText,
} from './price-entry.ts';

const TOKENS_PER_PRICE = 1_000_000n;
/** 1 USD per token, 1,000 USD per search or picture: a figure above it is a slip, not a price. */
const TOKEN_PRICE_MAX = 1_000_000_000_000n;
const PIECE_PRICE_MAX = 1_000_000_000_000_000n;

/**
 * Throws RangeError that names the model when a price is malformed, negative, beyond any sense, or finer than a
 * pico-USD per token. A prompt class without a price of its own is an ordinary prompt token: a vendor that lists
 * no cache price gives no discount. A 1-hour write without one costs what the 5-minute write does. Reasoning,
 * sound and pictures without one cost what text does.
 */
export function parsePriceEntry(entry: PriceEntry): ModelPrice {
  const { model, platform, effectiveFrom, webSearch, images = {} } = entry;
  try {
    return {
      model,
      platform,
      effectiveFromMs: effectiveFrom === undefined ? -Infinity : parseEffectiveFrom(effectiveFrom),
      prices: parseTokenPrices(entry.prices),
      longPrompts: parseLongPrompts(entry.longPrompts ?? []),
      webSearch: parsePiecePrice(webSearch),
      images: {
        '1k': parsePiecePrice(images['1k']),
        '2k': parsePiecePrice(images['2k']),
        '4k': parsePiecePrice(images['4k']),
      },
      entry,
    };
  } catch (cause) {
    throw new RangeError(`price of ${model}: ${cause instanceof Error ? cause.message : 'malformed'}`, {
      cause,
    });
  }
}

function parseTokenPrices(text: TokenPriceText): TokenPrices {
  const cacheWrite5m = text.cacheWrite5m ?? text.input;
  const prices = {
    input: parseTokenPrice(text.input),
    output: parseTokenPrice(text.output),
    cacheRead: parseTokenPrice(text.cacheRead ?? text.input),
    cacheWrite5m: parseTokenPrice(cacheWrite5m),
    cacheWrite1h: parseTokenPrice(text.cacheWrite1h ?? cacheWrite5m),
    reasoning: parseTokenPrice(text.reasoning ?? text.output),
    audioInput: parseTokenPrice(text.audioInput ?? text.input),
    audioOutput: parseTokenPrice(text.audioOutput ?? text.output),
    imageInput: parseTokenPrice(text.imageInput ?? text.input),
    imageOutput: parseTokenPrice(text.imageOutput ?? text.output),
  };
  const { input, cacheRead, cacheWrite5m: write5m, cacheWrite1h, audioInput, imageInput } = prices;
  return {
    ...prices,
    dearestInput: selectDearest([input, cacheRead, write5m, cacheWrite1h, audioInput, imageInput]),
    dearestOutput: selectDearest([prices.output, prices.reasoning, prices.audioOutput, prices.imageOutput]),
  };
}

function parseLongPrompts(tiers: readonly LongPromptText[]): ModelPrice['longPrompts'] {
  const parsed = tiers.map(({ overTokens, prices }) => {
    if (!Number.isSafeInteger(overTokens) || overTokens < 1) {
      throw new RangeError(`not a prompt length: ${overTokens}`);
    }
    return { overTokens, prices: parseTokenPrices(prices) };
  });
  if (new Set(parsed.map(({ overTokens }) => overTokens)).size < parsed.length) {
    throw new RangeError('two prices for one prompt length');
  }
  return parsed.toSorted((a, b) => a.overTokens - b.overTokens);
}

/** USD per million tokens → pico-USD per token: × 10¹² ÷ 10⁶. */
function parseTokenPrice(usdPerMillion: string): bigint {
  const price = parsePrice(usdPerMillion, TOKEN_PRICE_MAX * TOKENS_PER_PRICE);
  if (price % TOKENS_PER_PRICE !== 0n) {
    throw new RangeError(`not a whole number of pico-USD per token: ${usdPerMillion}`);
  }
  return price / TOKENS_PER_PRICE;
}

function parsePiecePrice(usd: string | undefined): bigint | null {
  return usd === undefined ? null : parsePrice(usd, PIECE_PRICE_MAX);
}

function parsePrice(usd: string, max: bigint): bigint {
  const price = parseUsd(usd);
  if (price < 0n) throw new RangeError(`negative: ${usd}`);
  if (price > max) throw new RangeError(`more than any model costs: ${usd}`);
  return price;
}

/** 0 of none. */
export function selectDearest(prices: readonly bigint[]): bigint {
  return prices.reduce((dearest, price) => (price > dearest ? price : dearest), 0n);
}
