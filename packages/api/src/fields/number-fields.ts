import { formatMultiplier, formatUsd, parseMultiplier, parseUsd } from '@tollgate/core';
import { z } from 'zod';

const LIMIT_MAX = 1_000_000_000;
const WEIGHT_MAX = 100;
const TOKEN_LIMIT_MAX = 1_000_000_000_000;
const QUEUE_MAX = 1_000_000;
const HOUR_MS = 3_600_000;
/** One booking moves at most this much, so that a sum of many still fits numeric(30,12). */
const AMOUNT_USD_MAX = parseUsd('1000000000');
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

/** Postgres' `1.500000` and the caller's `1.5` are one figure: the shortest form. */
export function normaliseMultiplier(text: string): string {
  return formatMultiplier(parseMultiplier(text));
}

export function normaliseUsd(text: string): string {
  return formatUsd(parseUsd(text));
}

function isWithin(parse: () => bigint, min: bigint, max: bigint): boolean {
  try {
    const value = parse();
    return value >= min && value <= max;
  } catch {
    return false;
  }
}
