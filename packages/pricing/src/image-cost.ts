import type { ImageSize, MediaUsage } from '@tollgate/core';
import { parseCount } from './parse-count.ts';
import { IMAGE_SIZES, type ImagePrices, type ModelPrice } from './price-entry.ts';

export interface ImageCost {
  /** Pico-USD of what is paid by the piece. */
  cost: bigint;
  /** True: the pictures are paid by the piece, so their tokens cost nothing more. */
  coversTokens: boolean;
}

const COUNTS = { '1k': 'images1k', '2k': 'images2k', '4k': 'images4k' } as const satisfies Record<
  ImageSize,
  keyof MediaUsage
>;
export const NO_IMAGES: ImageCost = { cost: 0n, coversTokens: false };

/**
 * A picture is paid once: by the piece where its size has a price (the group's, else the model's), else by its
 * tokens. Tokens cannot be told apart by picture, so one size without a price sends them all to the tokens; a
 * picture with neither is named in `unpriced`.
 */
export function computeImageCost(
  media: MediaUsage,
  price: ModelPrice,
  groupPrices: ImagePrices | null,
  unpriced: string[],
): ImageCost {
  const used = IMAGE_SIZES.filter((size) => media[COUNTS[size]] !== 0);
  if (used.length === 0) return NO_IMAGES;
  const missing = used.filter((size) => selectImagePrice(size, price, groupPrices) === null);
  if (missing.length > 0 && media.imageOutputTokens > 0) return NO_IMAGES;
  for (const size of missing) unpriced.push(`image ${size} of ${price.model}`);
  const cost = used.reduce(
    (sum, size) => sum + parseCount(media[COUNTS[size]]) * (selectImagePrice(size, price, groupPrices) ?? 0n),
    0n,
  );
  return { cost, coversTokens: missing.length === 0 };
}

/** null = pictures of this size have no price by the piece. */
export function selectImagePrice(
  size: ImageSize,
  { images }: ModelPrice,
  groupPrices: ImagePrices | null,
): bigint | null {
  return groupPrices?.[size] ?? images[size];
}
