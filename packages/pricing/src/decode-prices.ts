import { PLATFORMS, type Platform } from '@tollgate/core';
import { TOKEN_CLASSES, IMAGE_SIZES, type PriceEntry } from './price-entry.ts';

/**
 * A stored list of prices. Throws RangeError on anything else; whether the prices make sense is for
 * `createPriceBook` to say.
 */
export function decodePrices(text: string): PriceEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError('a stored price list is not JSON', { cause });
  }
  if (!Array.isArray(value) || !value.every(isPriceEntry)) {
    throw new RangeError('a stored price list has entries of another shape');
  }
  return value;
}

function isPriceEntry(value: unknown): value is PriceEntry {
  return (
    isObject(value) &&
    typeof value['model'] === 'string' &&
    PLATFORMS.includes(value['platform'] as Platform) &&
    isAbsentOr(value['aliases'], isListOf(isString)) &&
    isAbsentOr(value['effectiveFrom'], isString) &&
    isTokenPriceText(value['prices']) &&
    isAbsentOr(value['longPrompts'], isListOf(isLongPrompt)) &&
    isAbsentOr(value['webSearch'], isString) &&
    isAbsentOr(value['images'], isImages) &&
    isAbsentOr(value['contextTokens'], Number.isSafeInteger) &&
    isAbsentOr(value['maxOutputTokens'], Number.isSafeInteger) &&
    isAbsentOr(value['isRetired'], (flag) => typeof flag === 'boolean')
  );
}

function isTokenPriceText(value: unknown): boolean {
  return (
    isObject(value) &&
    isString(value['input']) &&
    isString(value['output']) &&
    TOKEN_CLASSES.every((name) => isAbsentOr(value[name], isString))
  );
}

function isLongPrompt(value: unknown): boolean {
  return isObject(value) && typeof value['overTokens'] === 'number' && isTokenPriceText(value['prices']);
}

function isImages(value: unknown): boolean {
  return isObject(value) && IMAGE_SIZES.every((size) => isAbsentOr(value[size], isString));
}

function isListOf(isItem: (item: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(isItem);
}

function isAbsentOr(value: unknown, isFit: (value: unknown) => boolean): boolean {
  return value === undefined || isFit(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
