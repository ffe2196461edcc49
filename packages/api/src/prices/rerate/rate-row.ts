import {
  applyMultiplier,
  parseMultiplier,
  parseUsd,
  ZERO_MEDIA,
  ZERO_USD,
  type PicoUsd,
} from '@tollgate/core';
import type { schema } from '@tollgate/db';
import type { ImagePrices, PriceBook } from '@tollgate/pricing';

export type RateableRow = Pick<
  typeof schema.usage.$inferSelect,
  | 'attemptId'
  | 'at'
  | 'userId'
  | 'groupId'
  | 'upstreamModel'
  | 'state'
  | 'subscriptionId'
  | 'inputTokens'
  | 'cacheReadTokens'
  | 'cacheWrite5mTokens'
  | 'cacheWrite1hTokens'
  | 'outputTokens'
  | 'reasoningTokens'
  | 'toolPromptTokens'
  | 'webSearchRequests'
  | 'extra'
  | 'media'
  | 'priceVersion'
  | 'rateMultiplier'
  | 'standardCost'
  | 'actualCost'
>;

/** `isUnpriced`: something of it has no price. null costs = all of it. */
export interface Rating {
  costs: { standard: PicoUsd; actual: PicoUsd } | null;
  isUnpriced: boolean;
  isChanged: boolean;
}

/** What an attempt would have cost with the book's prices at its moment. A failed one is billed to nobody. */
export function rateRow(row: RateableRow, book: PriceBook, imagePrices: ImagePrices | null): Rating {
  const cost = computeCost(row, book, imagePrices);
  if (cost === null || !cost.isPriced) return { costs: null, isUnpriced: true, isChanged: false };
  const standard = cost.standardCost;
  const actual =
    row.state === 'failed' ? ZERO_USD : applyMultiplier(standard, parseMultiplier(row.rateMultiplier));
  return {
    costs: { standard, actual },
    isUnpriced: cost.unpricedParts.length > 0,
    isChanged: standard !== parseUsd(row.standardCost) || actual !== parseUsd(row.actualCost),
  };
}

/** null: its counts cannot be, e.g. more reasoning than output. One such row must not stop all others. */
function computeCost(row: RateableRow, book: PriceBook, imagePrices: ImagePrices | null) {
  const { extra, media, upstreamModel, at, ...usage } = row;
  const metered = { usage, extra: extra ?? [], media: media && { ...ZERO_MEDIA, ...media }, model: null };
  try {
    return book.computeCost(metered, upstreamModel, at.getTime(), imagePrices);
  } catch (fault) {
    if (fault instanceof RangeError) return null;
    throw fault;
  }
}
