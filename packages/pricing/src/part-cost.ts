import type { TokenUsage } from '@tollgate/core';
import type { ModelPrice, TokenPrices } from './price-entry.ts';

/**
 * Pico-USD of one model's share of an answer. Searches without a known price are noted in `unpriced`. Throws
 * RangeError on a count that is no whole number ≥ 0, and on more reasoning than output.
 */
export function computePartCost(usage: TokenUsage, price: ModelPrice, unpriced: Set<string>): bigint {
  const searches = parseCount(usage.webSearchRequests);
  if (searches > 0n && price.webSearch === null) unpriced.add(`web_search of ${price.model}`);
  return computeTokenCost(usage, selectTier(usage, price)) + searches * (price.webSearch ?? 0n);
}

/** The whole prompt decides: vendors count cache reads and writes, and charge every token at the upper tier. */
function selectTier(usage: TokenUsage, { prices, longPrompt }: ModelPrice): TokenPrices {
  if (longPrompt === null) return prices;
  const promptTokens =
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWrite5mTokens +
    usage.cacheWrite1hTokens +
    usage.toolPromptTokens;
  return promptTokens > longPrompt.overTokens ? longPrompt.prices : prices;
}

function computeTokenCost(usage: TokenUsage, prices: TokenPrices): bigint {
  const output = parseCount(usage.outputTokens);
  const reasoning = parseCount(usage.reasoningTokens);
  if (reasoning > output) throw new RangeError('more reasoning than output tokens');
  return (
    multiply(usage.inputTokens, prices.input) +
    multiply(usage.toolPromptTokens, prices.input) +
    multiply(usage.cacheReadTokens, prices.cacheRead) +
    multiply(usage.cacheWrite5mTokens, prices.cacheWrite5m) +
    multiply(usage.cacheWrite1hTokens, prices.cacheWrite1h) +
    (output - reasoning) * prices.output +
    reasoning * (prices.reasoning ?? prices.output)
  );
}

/** Most counts of an answer are 0, and a bigint costs more than a look. */
function multiply(count: number, price: bigint): bigint {
  return count === 0 ? 0n : parseCount(count) * price;
}

function parseCount(count: number): bigint {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`not a count: ${count}`);
  return BigInt(count);
}
