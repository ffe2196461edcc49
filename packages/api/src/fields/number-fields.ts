import { formatMultiplier, formatUsd, parseMultiplier, parseUsd } from '@tollgate/core';
import { z } from 'zod';

const LIMIT_MAX = 1_000_000_000;
const WEIGHT_MAX = 100;
const TOKEN_LIMIT_MAX = 1_000_000_000_000;
const QUEUE_MAX = 1_000_000;
const HOUR_MS = 3_600_000;
/** One booking moves at most this much, so that a sum of many still fits numeric(30,12). */
const AMOUNT_USD_MAX = parseUsd('1000000000');
/** What a limit may say: the tables' own bound. */
const SPEND_LIMIT_USD_MAX = parseUsd('1000000');
const IMAGE_PRICE_USD_MAX = parseUsd('1000');
const DRAIN_TOKENS_MAX = 10_000_000;
/** numeric(12,6) */
const MULTIPLIER_MAX = parseMultiplier('999999');

/** rpm, tpm, concurrency, sessions: 0 = no limit. */
export const limitField = z.int().min(0).max(LIMIT_MAX);
export const priorityField = z.int().min(0).max(LIMIT_MAX);

/** A user's share of a busy account; 1 = the usual. */
export const weightField = z.int().min(1).max(WEIGHT_MAX);
/** Tokens of a week: 0 = no quota. */
export const tokenLimitField = z.int().min(0).max(TOKEN_LIMIT_MAX);
/** null = the default that follows from the concurrency. */
export const queueMaxField = z.int().min(0).max(QUEUE_MAX).nullable();
export const queueTimeoutField = z.int().min(1).max(HOUR_MS);

/** MON-7: how long a drain reads on, and for how many tokens. */
export const drainMsField = z.int().min(0).max(HOUR_MS);
export const drainTokensField = z.int().min(0).max(DRAIN_TOKENS_MAX);
/** Of all that was recharged; null = none. */
export const percentField = z.int().min(1).max(100).nullable();

/** Minutes, fractions allowed, of at least a second. */
export function buildMinutesField(minutesMax: number) {
  return z
    .number()
    .min(1 / 60, 'at least a second')
    .max(minutesMax);
}

const DECIMAL_HINT = 'expected a decimal number in quotes, e.g. "1.5"';

/** `"1.5"`: at most 6 decimals, never negative. */
export const multiplierField = z
  .string(DECIMAL_HINT)
  .refine(
    (text) => isWithin(() => parseMultiplier(text), 0n, MULTIPLIER_MAX),
    'expected a decimal from "0" to "999999" with at most 6 decimals',
  );

/** USD, `"-2.50"`: at most 12 decimals. */
export const amountField = z
  .string(DECIMAL_HINT)
  .refine(
    (text) => isWithin(() => parseUsd(text), -AMOUNT_USD_MAX, AMOUNT_USD_MAX),
    'expected a decimal amount in USD with at most 12 decimals',
  );

/** USD, zero or more: opening balances, cost limits. */
export const costField = amountField.refine((text) => !text.startsWith('-'), 'must not be negative');

/** USD that may be spent; `"0"` says the same as null: no limit. */
export const spendLimitField = buildCostField(SPEND_LIMIT_USD_MAX, '1000000').nullable();
/** USD; null = none, `"0"` is a figure like any other. */
export const spendBoundField = buildCostField(SPEND_LIMIT_USD_MAX, '1000000').nullable();
/** USD an image; null = the price book's. */
export const imagePriceField = buildCostField(IMAGE_PRICE_USD_MAX, '1000').nullable();

function buildCostField(max: bigint, shown: string) {
  return z
    .string(DECIMAL_HINT)
    .refine(
      (text) => isWithin(() => parseUsd(text), 0n, max),
      `expected a decimal amount in USD from "0" to "${shown}" with at most 12 decimals`,
    );
}

/** Postgres' `1.500000` and the caller's `1.5` are one figure: the shortest form. */
export function normaliseMultiplier(text: string): string {
  return formatMultiplier(parseMultiplier(text));
}

export function normaliseUsd(text: string): string {
  return formatUsd(parseUsd(text));
}

/** The shortest form of an amount that may be absent (undefined) or none (null). */
export function normaliseAmount<Text extends string | null | undefined>(text: Text): Text | string {
  return typeof text === 'string' ? normaliseUsd(text) : text;
}

/** The same of a limit, where 0 is none. */
export function normaliseSpendLimit(text: string | null | undefined): string | null | undefined {
  const amount = normaliseAmount(text);
  return amount === '0' ? null : amount;
}

function isWithin(parse: () => bigint, min: bigint, max: bigint): boolean {
  try {
    const value = parse();
    return value >= min && value <= max;
  } catch {
    return false;
  }
}
