import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNextPacificMidnightMs } from './find-next-pacific-midnight.ts';
import { RESET_WAIT_MS_MAX } from './limit-wait.ts';
import { parseDurationMs } from './parse-duration.ts';
import { parseResetTime } from './parse-reset-time.ts';
import { parseRetryAfterMs } from './parse-retry-after.ts';
import { parseWaitText } from './parse-wait-text.ts';

/** From 2007 on, when the present rules of summer time began in the USA, to 2037. */
const nowMs = fc.integer({ min: Date.UTC(2008, 0, 1), max: Date.UTC(2037, 0, 1) });
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[-+]?[0-9.eE:TZ hmsµ]{0,24}$/),
  fc.constantFrom('try again in ', 'retry in 9', 'NaN', '-1', '1e999', '0x10', '1m1m1m', '٣s'),
);

function readPacific(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB', { timeZone: 'America/Los_Angeles' });
}

describe('[ACC-3] reset times', () => {
  it('garbage never throws, and a wait is whole and between none and a week', () => {
    fc.assert(
      fc.property(garbage, nowMs, (text, now) => {
        const waits = [
          parseResetTime(text, now),
          parseWaitText(text),
          parseWaitText(`try again in ${text}`),
          parseRetryAfterMs({ 'retry-after': text }, now),
          parseRetryAfterMs({ 'retry-after-ms': text }, now),
        ];
        for (const wait of waits) {
          if (wait === null) continue;
          expect(Number.isInteger(wait) && wait >= 0 && wait <= RESET_WAIT_MS_MAX).toBe(true);
        }
      }),
    );
  });

  it('a moment and the seconds until it, in every format, are the same wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_300_000_000, max: 2e9 }),
        fc.integer({ min: 0, max: 604_800 }),
        (now, seconds) => {
          const atMs = (now + seconds) * 1000;
          const texts = [
            new Date(atMs).toISOString(),
            new Date(atMs).toUTCString(),
            String(atMs / 1000),
            String(atMs),
            `${seconds}s`,
            String(seconds),
          ];
          for (const text of texts) expect(parseResetTime(text, now * 1000)).toBe(seconds * 1000);
          expect(parseWaitText(`Please try again in ${seconds} seconds.`)).toBe(seconds * 1000);
        },
      ),
    );
  });

  it('a Go duration is the sum of its parts', () => {
    const part = fc.nat({ max: 9999 });
    fc.assert(
      fc.property(part, part, part, part, (h, m, s, ms) => {
        const sum = h * 3_600_000 + m * 60_000 + s * 1000 + ms;
        expect(parseDurationMs(`${h}h${m}m${s}s${ms}ms`)).toBeCloseTo(sum, 6);
      }),
    );
  });

  it('the next Pacific midnight is a midnight there, in the future, and none comes before it', () => {
    fc.assert(
      fc.property(nowMs, (now) => {
        const midnightMs = findNextPacificMidnightMs(now);
        expect(readPacific(midnightMs)).toBe('00:00:00');
        expect(readPacific(midnightMs - 1)).toBe('23:59:59');
        expect(midnightMs).toBeGreaterThan(now);
        expect(midnightMs - now).toBeLessThanOrEqual(25 * 3_600_000);
        const before = new Date(midnightMs - 1).toLocaleDateString('en-GB', {
          timeZone: 'America/Los_Angeles',
        });
        expect(new Date(now).toLocaleDateString('en-GB', { timeZone: 'America/Los_Angeles' })).toBe(before);
      }),
    );
  });

  it.each([
    ['clocks go forward (23 hours)', '2026-03-08T08:00:00Z', '2026-03-09T07:00:00Z'],
    ['clocks go back (25 hours)', '2026-11-01T07:00:00Z', '2026-11-02T08:00:00Z'],
    ['a ms before midnight', '2026-07-02T06:59:59.999Z', '2026-07-02T07:00:00Z'],
    ['at the turn of the year', '2026-12-31T23:00:00Z', '2027-01-01T08:00:00Z'],
  ])('%s', (_, now, midnight) => {
    expect(new Date(findNextPacificMidnightMs(Date.parse(now)))).toEqual(new Date(midnight));
  });
});
