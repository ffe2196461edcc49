import { picoUsd, type GroupSnapshot, type PicoUsdText } from '@tollgate/core';
import type { ImagePrices } from '@tollgate/pricing';

const known = new WeakMap<GroupSnapshot, ImagePrices>();

/** MON-2: the group's own prices of pictures, parsed once for as long as the snapshot lives. */
export function readImagePrices(group: GroupSnapshot): ImagePrices {
  let prices = known.get(group);
  if (prices === undefined) {
    const { '1k': small, '2k': medium, '4k': large } = group.imagePrices;
    prices = { '1k': parse(small), '2k': parse(medium), '4k': parse(large) };
    known.set(group, prices);
  }
  return prices;
}

function parse(text: PicoUsdText | null): bigint | null {
  return text === null ? null : picoUsd(BigInt(text));
}
