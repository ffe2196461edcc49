import { formatUsd, picoUsd } from '@tollgate/core';
import { UsageExportError } from './usage-export-row.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const USD_DECIMALS = 12;
const EXPONENT_MAX = 30;
const DIGITS_MAX = 60;

/** `"3"`, and `"3.0"` as some exports write whole numbers; empty = 0. Throws UsageExportError. */
export function parseCount(text: string, what: string): number {
  if (text === '') return 0;
  const value = /^\d{1,16}(\.0+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageExportError(
    `${what}: expected a whole number from 0 on, not ${JSON.stringify(text.slice(0, 40))}`,
  );
}

/** A decimal, exponents allowed, rounded half up to 12 decimals: `"1.5e-05"` → `"0.000015"`. Throws UsageExportError. */
export function parseAmount(text: string, what: string): string {
  const [, sign, whole = '', fraction = '', exponentText = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text) ?? [];
  const exponent = Number(exponentText);
  if (whole === '' || whole.length + fraction.length > DIGITS_MAX || Math.abs(exponent) > EXPONENT_MAX) {
    throw new UsageExportError(
      `${what}: expected an amount in USD, not ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  const shift = USD_DECIMALS - fraction.length + exponent;
  const digits = BigInt(whole + fraction);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : roundHalfUp(digits, 10n ** BigInt(-shift));
  return formatUsd(picoUsd(sign === '-' ? -magnitude : magnitude));
}

/** Cents as some reports have them, `"123.45"` → `"1.2345"`. */
export function parseCents(text: string, what: string): string {
  return parseAmount(/[eE]/.test(text) ? text : `${text}e-2`, what);
}

function roundHalfUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor / 2n) / divisor;
}

/** What a cell says of a time. */
export interface Instant {
  ms: number;
  /** A day without a time. */
  isDay: boolean;
}

/**
 * Seconds since 1970, ISO 8601, or a day. A time without a zone is UTC: so are all that providers export.
 * Throws UsageExportError.
 */
export function parseInstant(text: string, what: string): Instant {
  if (/^\d{4}-\d\d-\d\d$/.test(text))
    return check({ ms: Date.parse(`${text}T00:00:00Z`), isDay: true }, text, what);
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return check({ ms: Number(text) * 1000, isDay: false }, text, what);
  const [, day, time = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?$/i.exec(text) ?? [];
  const zoneText = /^utc$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  return check(
    { ms: Date.parse(`${day}T${time.replace(/(\.\d{3})\d+$/, '$1')}${zoneText}`), isDay: false },
    text,
    what,
  );
}

function check(instant: Instant, text: string, what: string): Instant {
  const isSane = instant.ms >= Date.UTC(2015) && instant.ms < Date.UTC(2200);
  if (isSane && isDayOfCalendar(text)) return instant;
  throw new UsageExportError(`${what}: expected a time, not ${JSON.stringify(text.slice(0, 40))}`);
}

/** `Date` takes 30 February for 2 March. */
function isDayOfCalendar(text: string): boolean {
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  return day === undefined || new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** What lies within one hour of the clock counts for that hour; longer periods stay as they are. ISO texts. */
export function selectPeriod(from: Instant, to: Instant | null): { from: string; to: string } {
  const hourMs = Math.floor(from.ms / HOUR_MS) * HOUR_MS;
  const endMs =
    to === null
      ? from.isDay
        ? from.ms + DAY_MS
        : hourMs + HOUR_MS
      : to.isDay && to.ms === from.ms
        ? to.ms + DAY_MS
        : to.ms;
  if (endMs < from.ms) throw new UsageExportError('a period ends before it begins');
  const isWithinHour = endMs <= hourMs + HOUR_MS;
  return {
    from: new Date(isWithinHour ? hourMs : from.ms).toISOString(),
    to: new Date(isWithinHour ? hourMs + HOUR_MS : endMs).toISOString(),
  };
}
