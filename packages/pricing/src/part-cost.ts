import { ZERO_MEDIA, type MediaUsage, type TokenUsage } from '@tollgate/core';
import { computeImageCost, NO_IMAGES, type ImageCost } from './image-cost.ts';
import { parseCount } from './parse-count.ts';
import type { ImagePrices, ModelPrice, TokenPrices } from './price-entry.ts';

export interface PartOptions {
  /** null = nothing but text. */
  media: MediaUsage | null;
  /** The group's own prices per picture; null = it has none. */
  imagePrices: ImagePrices | null;
  /** Takes the names of what was used and has no price; one may come several times. */
  unpriced: string[];
}

/**
 * Pico-USD of one model's share of an answer. Throws RangeError on a count that is no whole number ≥ 0, and on
 * more reasoning than output.
 */
export function computePartCost(usage: TokenUsage, price: ModelPrice, options: PartOptions): bigint {
  const { media, unpriced } = options;
  const searches = parseCount(usage.webSearchRequests);
  if (searches > 0n && price.webSearch === null) unpriced.push(`web_search of ${price.model}`);
  const images = media === null ? NO_IMAGES : computeImageCost(media, price, options.imagePrices, unpriced);
  const tokens = computeTokenCost(usage, media ?? ZERO_MEDIA, selectTier(usage, price), images);
  return tokens + images.cost + searches * (price.webSearch ?? 0n);
}

/** The whole prompt decides: vendors count cache reads and writes, and charge every token at the upper tier. */
function selectTier(usage: TokenUsage, { prices, longPrompts }: ModelPrice): TokenPrices {
  if (longPrompts.length === 0) return prices;
  const promptTokens =
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWrite5mTokens +
    usage.cacheWrite1hTokens +
    usage.toolPromptTokens;
  return longPrompts.findLast(({ overTokens }) => promptTokens > overTokens)?.prices ?? prices;
}

function computeTokenCost(
  usage: TokenUsage,
  media: MediaUsage,
  prices: TokenPrices,
  images: ImageCost,
): bigint {
  return (
    computeInputCost(usage.inputTokens, media, prices) +
    computeOutputCost(usage, media, prices, images) +
    multiply(usage.toolPromptTokens, prices.input) +
    multiply(usage.cacheReadTokens, prices.cacheRead) +
    multiply(usage.cacheWrite5mTokens, prices.cacheWrite5m) +
    multiply(usage.cacheWrite1hTokens, prices.cacheWrite1h)
  );
}

/**
 * Sound and pictures are parts of the input. Vendors report them for the whole prompt, also where some of it came
 * out of a cache and is charged there: what is more than the input is left out.
 */
function computeInputCost(inputTokens: number, media: MediaUsage, prices: TokenPrices): bigint {
  const input = parseCount(inputTokens);
  if (media === ZERO_MEDIA) return input * prices.input;
  const audio = selectLesser(parseCount(media.audioInputTokens), input);
  const image = selectLesser(parseCount(media.imageInputTokens), input - audio);
  return (input - audio - image) * prices.input + audio * prices.audioInput + image * prices.imageInput;
}

/** Reasoning, sound and pictures are parts of the output. Tokens of pictures that are paid by the piece are free. */
function computeOutputCost(
  { outputTokens, reasoningTokens }: TokenUsage,
  media: MediaUsage,
  prices: TokenPrices,
  images: ImageCost,
): bigint {
  const output = parseCount(outputTokens);
  const reasoning = parseCount(reasoningTokens);
  if (reasoning > output) throw new RangeError('more reasoning than output tokens');
  if (media === ZERO_MEDIA) return (output - reasoning) * prices.output + reasoning * prices.reasoning;
  const audio = selectLesser(parseCount(media.audioOutputTokens), output - reasoning);
  const image = selectLesser(parseCount(media.imageOutputTokens), output - reasoning - audio);
  return (
    (output - reasoning - audio - image) * prices.output +
    reasoning * prices.reasoning +
    audio * prices.audioOutput +
    (images.coversTokens ? 0n : image * prices.imageOutput)
  );
}

/** Most counts of an answer are 0, and a bigint costs more than a look. */
function multiply(count: number, price: bigint): bigint {
  return count === 0 ? 0n : parseCount(count) * price;
}

function selectLesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
