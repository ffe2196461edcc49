import {
  applyMultiplier,
  ZERO_USAGE,
  ZERO_USD,
  type AttemptFacts,
  type AttemptOutcome,
  type AttemptState,
  type Clock,
  type ErrorCode,
  type Logger,
  type MeteredUsage,
  type PicoUsd,
} from '@tollgate/core';
import type { Journal } from '@tollgate/journal';
import type { ImagePrices, PriceBook } from '@tollgate/pricing';
import type { UnpricedUsage } from '../prices/unpriced-usage.ts';

export interface SettleServices {
  journal: Journal;
  prices: PriceBook;
  /** Counts what could not be priced (MON-2). */
  unpriced: UnpricedUsage;
  clock: Clock;
  logger: Logger;
}

export interface AttemptResult {
  state: Exclude<AttemptState, 'unknown'>;
  status: number;
  errorCode: ErrorCode | null;
  /** null = the upstream reported nothing. */
  metered: MeteredUsage | null;
  firstTokenMs: number | null;
  upstreamRequestId: string | null;
}

export interface ClosedAttempt extends AttemptResult {
  durationMs: number;
  /** The group's own. */
  imagePrices: ImagePrices;
}

/**
 * Closes an attempt: the cost of its usage, and the record in the journal. Runs before the client sees the end of the
 * answer, and is synchronous for that reason (MON-6).
 */
export function settleAttempt(
  facts: AttemptFacts,
  result: ClosedAttempt,
  services: SettleServices,
): AttemptOutcome {
  const outcome = buildOutcome(facts, result, services);
  services.journal.close(outcome);
  return outcome;
}

function buildOutcome(facts: AttemptFacts, result: ClosedAttempt, services: SettleServices): AttemptOutcome {
  const cost = computeCost(facts, result, services);
  return {
    // Written out, as `buildFacts` orders them: spread and added to, the object is made several times over.
    attemptId: facts.attemptId,
    requestId: facts.requestId,
    nodeId: facts.nodeId,
    atMs: facts.atMs,
    userId: facts.userId,
    keyId: facts.keyId,
    groupId: facts.groupId,
    accountId: facts.accountId,
    protocol: facts.protocol,
    model: facts.model,
    upstreamModel: facts.upstreamModel,
    stream: facts.stream,
    rateMultiplier: facts.rateMultiplier,
    subscriptionId: facts.subscriptionId,
    state: result.state,
    status: result.status,
    errorCode: result.errorCode,
    usage: result.metered?.usage ?? ZERO_USAGE,
    extra: result.metered?.extra ?? [],
    priceVersion: cost.priceVersion,
    standardCost: cost.standardCost,
    // Failed attempts are recorded with what they used, and billed to nobody (MON-7).
    actualCost:
      result.state === 'failed' ? ZERO_USD : applyMultiplier(cost.standardCost, facts.rateMultiplier),
    durationMs: result.durationMs,
    firstTokenMs: result.firstTokenMs,
    upstreamRequestId: result.upstreamRequestId,
    media: result.metered?.media ?? null,
  };
}

interface AttemptCost {
  standardCost: PicoUsd;
  /** null = not priced (MON-2: never a silent 0). */
  priceVersion: string | null;
}

/** The price is that of the upstream's model, at the moment the attempt was opened. */
function computeCost(
  facts: AttemptFacts,
  { metered, imagePrices }: ClosedAttempt,
  services: SettleServices,
): AttemptCost {
  if (metered === null) return { standardCost: ZERO_USD, priceVersion: null };
  const cost = services.prices.computeCost(metered, facts.upstreamModel, facts.atMs, imagePrices);
  const unpriced = cost.isPriced ? cost.unpricedParts : [cost.unpriced];
  if (unpriced.length > 0) {
    const detail = { requestId: facts.requestId, attemptId: facts.attemptId, unpriced };
    services.logger.error(detail, 'usage without a price');
    services.unpriced.add(facts.upstreamModel);
  }
  if (!cost.isPriced) return { standardCost: ZERO_USD, priceVersion: null };
  return { standardCost: cost.standardCost, priceVersion: cost.priceVersion };
}
