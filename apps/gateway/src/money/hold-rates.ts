import { listEligibleAccounts, selectRoutedAccounts } from '@tollgate/accounts';
import { RESERVED_OUTPUT_TOKENS_MAX } from '@tollgate/body';
import type { AccountId, GroupSnapshot, PicoUsd, PoolSnapshot } from '@tollgate/core';
import type { PriceBook } from '@tollgate/pricing';
import { readImagePrices } from '../read-image-prices.ts';

/** What a request on one upstream model costs at the dearest, in pico-USD: linear up to a long prompt. */
export interface HoldRate {
  upstreamModel: string;
  perInputToken: bigint;
  perOutputToken: bigint;
  /** What does not depend on tokens: a picture. */
  once: bigint;
  /** Longer prompts cost more a token: then the price book is asked. */
  inputTokensMax: number;
  /** The longest answer, where the client does not bound it. */
  maxOutputTokens: number;
}

interface KnownRates {
  group: GroupSnapshot;
  priceVersion: string;
  untilMs: number;
  rates: readonly HoldRate[];
}

/** Prices and expiries take effect in holds at most so much later. */
const RATES_TTL_MS = 1_000;
/** Clients choose the names of models, so there may be any number. */
const MODELS_MAX = 1_000;
const NOBODY: ReadonlySet<AccountId> = new Set();
const pools = new WeakMap<PoolSnapshot, Map<string, KnownRates>>();

/**
 * The rates of all upstream models that the group's accounts map the model to, each once; those without a price are
 * left out. Worked out once a second for a pool, group and model.
 */
export function readHoldRates(
  { pool, group, model }: { pool: PoolSnapshot; group: GroupSnapshot; model: string },
  prices: PriceBook,
  nowMs: number,
): readonly HoldRate[] {
  const models = openModels(pool);
  const known = models.get(model);
  if (known && known.group === group && known.priceVersion === prices.version && nowMs < known.untilMs)
    return known.rates;
  const rates = listUpstreamModels(pool, group, model, nowMs).flatMap((upstreamModel) =>
    buildRate(upstreamModel, group, prices, nowMs),
  );
  if (models.size >= MODELS_MAX) models.clear();
  models.set(model, { group, priceVersion: prices.version, untilMs: nowMs + RATES_TTL_MS, rates });
  return rates;
}

function openModels(pool: PoolSnapshot): Map<string, KnownRates> {
  let models = pools.get(pool);
  if (models === undefined) {
    models = new Map();
    pools.set(pool, models);
  }
  return models;
}

function listUpstreamModels(
  pool: PoolSnapshot,
  { platform, modelRouting }: GroupSnapshot,
  model: string,
  nowMs: number,
): string[] {
  const routedTo = selectRoutedAccounts(modelRouting, model);
  const { eligible } = listEligibleAccounts(pool, { model, platform, nowMs, excluded: NOBODY, routedTo });
  return [...new Set(eligible.map(({ upstreamModel }) => upstreamModel))];
}

function buildRate(
  upstreamModel: string,
  group: GroupSnapshot,
  prices: PriceBook,
  nowMs: number,
): HoldRate[] {
  const price = prices.findPrice(upstreamModel, nowMs);
  if (price === null) return [];
  const compute = (input: number, output: number): PicoUsd =>
    prices.computeHold(upstreamModel, input, output, nowMs, readImagePrices(group)) ?? (0n as PicoUsd);
  const once = compute(0, 0);
  return [
    {
      upstreamModel,
      once,
      perInputToken: compute(1, 0) - once,
      perOutputToken: compute(0, 1) - once,
      inputTokensMax: price.longPrompts[0]?.overTokens ?? Number.MAX_SAFE_INTEGER,
      maxOutputTokens: prices.findMaxOutput(upstreamModel) ?? RESERVED_OUTPUT_TOKENS_MAX,
    },
  ];
}
