import { describe, expect, it } from 'vitest';
import { parseWaitText } from './parse-wait-text.ts';

describe('[ACC-3] parseWaitText', () => {
  it.each([
    ['Rate limit reached for gpt-4o … Please try again in 3.9s. Visit https://x.test', 3900],
    ['Limit 3, Used 3. Please try again in 20 minutes.', 1_200_000],
    ['Please try again in 1m12.5s.', 72_500],
    ['Please try again in 6ms.', 6],
    ['Please retry in 38.863719904s.', 38_864],
    ['Your quota will reset after 3h21m5s.', 12_065_000],
    ['Your quota will reset after 3s', 3000],
    ['TRY AGAIN IN 2 HOURS', 7_200_000],
    ['Retry after 30 seconds', 30_000],
    ['try again in 1 day', 86_400_000],
    ['please wait 5 sec', 5000],
    ['try again in 999999 days', 604_800_000],
  ])('%j asks to wait %d ms', (text, waitMs) => expect(parseWaitText(text)).toBe(waitMs));

  it.each([
    '',
    'Please try again later.',
    'try again in a minute',
    'try again in -5s',
    'retry 5 requests',
    'try again in 12',
    'entry in 5s',
    `${'x'.repeat(20_000)} try again in 5s`,
  ])('finds no time in %.40j', (text) => expect(parseWaitText(text)).toBeNull());
});
