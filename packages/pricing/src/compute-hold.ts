import { selectImagePrice } from './image-cost.ts';
import { selectDearest } from './parse-price.ts';
import { parseCount } from './parse-count.ts';
import { IMAGE_SIZES, type ImagePrices, type ModelPrice } from './price-entry.ts';

/**
 * The dearest that a request can be, in pico-USD: every token of the prompt in its dearest class (1-hour cache
 * writes, sound), every token of the answer in its dearest (reasoning, sound), in the dearest tier that a prompt
 * of this length reaches, and one picture where pictures are paid by the piece. Searches, further pictures and
 * other models that the upstream brings in come on top: nobody knows them before. Throws RangeError on a count
 * that is no whole number ≥ 0.
 */
export function computeRequestHold(
  price: ModelPrice,
  inputTokens: number,
  maxOutputTokens: number,
  groupPrices: ImagePrices | null,
): bigint {
  const input = parseCount(inputTokens);
  const output = parseCount(maxOutputTokens);
  const tiers = price.longPrompts.filter(({ overTokens }) => inputTokens > overTokens);
  const costs = [price, ...tiers].map(
    ({ prices }) => input * prices.dearestInput + output * prices.dearestOutput,
  );
  return selectDearest(costs) + selectDearestImage(price, groupPrices);
}

function selectDearestImage(price: ModelPrice, groupPrices: ImagePrices | null): bigint {
  return selectDearest(IMAGE_SIZES.map((size) => selectImagePrice(size, price, groupPrices) ?? 0n));
}
