/** Throws RangeError on anything but a whole number ≥ 0 that a double holds exactly. */
export function parseCount(count: number): bigint {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`not a count: ${count}`);
  return BigInt(count);
}
