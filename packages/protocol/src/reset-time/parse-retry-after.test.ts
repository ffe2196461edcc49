import { describe, expect, it } from 'vitest';
import { parseRetryAfterMs, type HeaderRecord } from './parse-retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

describe('parseRetryAfterMs', () => {
  it.each([
    [{ 'retry-after': '24' }, 24_000],
    [{ 'retry-after': ' 0 ' }, 0],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 12:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Saturday, 21-Nov-26 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999999999999999' }, 7 * 24 * 3_600_000],
  ])('[REQ-6] reads %j as %i ms', (headers, waitMs) => {
    expect(parseRetryAfterMs(headers as HeaderRecord, NOW_MS)).toBe(waitMs);
  });

  it.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': '-5' },
    { 'retry-after': 'NaN' },
    { 'retry-after': 'tomorrow' },
    { 'retry-after': '5, 7' },
    { 'retry-after': '0x10' },
  ])('[REQ-6] makes nothing of %j', (headers) => {
    expect(parseRetryAfterMs(headers as HeaderRecord, NOW_MS)).toBeNull();
  });
});
