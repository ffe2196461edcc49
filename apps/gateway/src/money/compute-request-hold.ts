import {
  applyMultiplier,
  picoUsd,
  ZERO_USD,
  type GroupSnapshot,
  type PicoUsd,
  type PoolSnapshot,
} from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import { readImagePrices } from '../read-image-prices.ts';
import { readMultiplier } from '../read-multiplier.ts';
import { readHoldRates, type HoldRate } from './hold-rates.ts';

export interface HoldQuestion {
  pool: PoolSnapshot;
  group: GroupSnapshot;
  /** What the group's accounts are asked for. */
  model: string;
  inputTokens: number;
  /** `max_tokens` of the request; null = as much as the model gives. */
  maxTokens: number | null;
}

/** Far above what any balance has room for; the store's figures are 64 bits wide, holds and spending together. */
const HOLD_MAX = 10n ** 18n;

/**
 * MON-4: what the request may come to cost, actual cost: on the dearest of the models it may be sent to, every token
 * at the dearest class, capped by the group's `holdMax`. 0 where no account has a price for it: then it is refused
 * later, or served unpriced, by the group's policy.
 */
export function computeRequestHold(question: HoldQuestion, prices: PriceBook, nowMs: number): PicoUsd {
  const { group } = question;
  const multiplier = readMultiplier(group);
  if (multiplier === 0n) return ZERO_USD;
  let dearest = ZERO_USD;
  for (const rate of readHoldRates(question, prices, nowMs)) {
    const standard = computeStandard(question, rate, prices, nowMs);
    if (standard > dearest) dearest = standard;
  }
  return cap(applyMultiplier(dearest, multiplier), group);
}

function computeStandard(
  { group, inputTokens, maxTokens }: HoldQuestion,
  rate: HoldRate,
  prices: PriceBook,
  nowMs: number,
): PicoUsd {
  const outputTokens = maxTokens ?? rate.maxOutputTokens;
  if (inputTokens > rate.inputTokensMax) {
    const { upstreamModel } = rate;
    return (
      prices.computeHold(upstreamModel, inputTokens, outputTokens, nowMs, readImagePrices(group)) ?? ZERO_USD
    );
  }
  return picoUsd(
    BigInt(inputTokens) * rate.perInputToken + BigInt(outputTokens) * rate.perOutputToken + rate.once,
  );
}

function cap(hold: PicoUsd, { holdMax }: GroupSnapshot): PicoUsd {
  const bounded = hold > HOLD_MAX ? HOLD_MAX : hold;
  if (holdMax === null) return picoUsd(bounded);
  const max = BigInt(holdMax);
  return picoUsd(bounded > max ? max : bounded);
}
