import { describe, expect, it } from 'vitest';
import { RESET_WAIT_MS_MAX } from './limit-wait.ts';
import { parseResetTime } from './parse-reset-time.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
const NOW_SECONDS = NOW_MS / 1000;

describe('[ACC-3] parseResetTime', () => {
  it.each([
    ['RFC 3339', '2026-11-21T12:00:30Z', 30_000],
    ['RFC 3339 with a zone', '2026-11-21T04:01:00-08:00', 60_000],
    ['RFC 3339 with fractions', '2026-11-21t12:00:00.250z', 250],
    ['seconds since 1970', String(NOW_SECONDS + 90), 90_000],
    ['the same with fractions', `${NOW_SECONDS}.5`, 500],
    ['ms since 1970, by mistake', String(NOW_MS + 90_000), 90_000],
    ['a Go duration', '1m12.5s', 72_500],
    ['a short Go duration', '6ms', 6],
    ['plain seconds', '24', 24_000],
    ['an HTTP date', 'Sat, 21 Nov 2026 12:01:00 GMT', 60_000],
    ['spaces around it', ' 24 ', 24_000],
  ])('reads %s: %j', (_, text, waitMs) => expect(parseResetTime(text, NOW_MS)).toBe(waitMs));

  it.each([
    ['a moment that is past', '2026-11-21T11:00:00Z', 0],
    ['seconds since 1970 that are past', '1000000000', 0],
    ['years away', '2035-01-01T00:00:00Z', RESET_WAIT_MS_MAX],
    ['seconds since 1970, years away', '99999999999', RESET_WAIT_MS_MAX],
    ['a number without end', '9'.repeat(30), RESET_WAIT_MS_MAX],
    ['a duration of years', '99999h', RESET_WAIT_MS_MAX],
  ])('bounds %s: %j', (_, text, waitMs) => expect(parseResetTime(text, NOW_MS)).toBe(waitMs));

  it.each([
    '',
    ' ',
    '-5',
    '-5s',
    'NaN',
    'Infinity',
    'soon',
    '2026-11-21',
    '2026-11-21T12:00:30',
    '2026-99-99T00:00:00Z',
  ])('makes nothing of %j', (text) => expect(parseResetTime(text, NOW_MS)).toBeNull());
});
