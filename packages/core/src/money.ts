/**
 * Money is an integer number of pico-USD (10⁻¹² USD) in a bigint: the smallest price in use, 0.01 USD per
 * million tokens with a 4-digit multiplier, is still a whole number of them. Postgres holds the same figure
 * as `numeric` USD with 12 decimals. No float ever holds money.
 */
export type PicoUsd = bigint & { readonly __unit: 'pico-usd' };

/** A price multiplier as an integer number of millionths: 1_500_000n is ×1.5. */
export type Multiplier = bigint & { readonly __unit: 'micro-multiplier' };

const USD_DECIMALS = 12;
const MULTIPLIER_DECIMALS = 6;
const MULTIPLIER_ONE = 10n ** BigInt(MULTIPLIER_DECIMALS);

export const ZERO_USD = 0n as PicoUsd;

export function picoUsd(value: bigint): PicoUsd {
  return value as PicoUsd;
}

/** `"10.00"` → 10_000_000_000_000n. Throws RangeError on anything but `-?digits[.≤12 digits]`. */
export function parseUsd(text: string): PicoUsd {
  return parseDecimal(text, USD_DECIMALS, 'USD amount') as PicoUsd;
}

/** The shortest exact decimal: 1_500_000_000_000n → `"1.5"`, 0n → `"0"`. */
export function formatUsd(amount: PicoUsd): string {
  return formatDecimal(amount, USD_DECIMALS);
}

/** `"1.5"` → 1_500_000n. Throws RangeError on a negative or malformed multiplier, or more than 6 decimals. */
export function parseMultiplier(text: string): Multiplier {
  const value = parseDecimal(text, MULTIPLIER_DECIMALS, 'multiplier');
  if (value < 0n) throw new RangeError(`multiplier must not be negative: ${text}`);
  return value as Multiplier;
}

export function formatMultiplier(multiplier: Multiplier): string {
  return formatDecimal(multiplier, MULTIPLIER_DECIMALS);
}

/** actual = standard × multiplier, rounded half up to a whole pico-USD: the one rounding in the whole bill. */
export function applyMultiplier(standard: PicoUsd, multiplier: Multiplier): PicoUsd {
  const product = standard * multiplier;
  const half = MULTIPLIER_ONE / 2n;
  return ((product >= 0n ? product + half : product - half) / MULTIPLIER_ONE) as PicoUsd;
}

function parseDecimal(text: string, decimals: number, what: string): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (!match || fraction.length > decimals) {
    throw new RangeError(`not a ${what} with at most ${decimals} decimals: ${JSON.stringify(text)}`);
  }
  const magnitude = BigInt(match[2] + fraction.padEnd(decimals, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

function formatDecimal(value: bigint, decimals: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return sign + whole + (fraction === '' ? '' : `.${fraction}`);
}
