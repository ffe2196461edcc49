import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUpstreamWindows } from './parse-upstream-windows.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

describe('[ACC-5] parseUpstreamWindows', () => {
  it('reads the windows of an Anthropic subscription: spent fraction, seconds since 1970', () => {
    const headers = {
      'anthropic-ratelimit-unified-5h-utilization': '0.42',
      'anthropic-ratelimit-unified-5h-reset': String(NOW_MS / 1000 + 3600),
      'anthropic-ratelimit-unified-5h-status': 'allowed_warning',
      'anthropic-ratelimit-unified-7d-utilization': '1.02',
      'anthropic-ratelimit-unified-7d-reset': String(NOW_MS / 1000 + 86_400),
      'anthropic-ratelimit-unified-7d-status': 'rejected',
    };
    expect(parseUpstreamWindows(headers, NOW_MS)).toEqual([
      {
        name: '5h',
        utilization: 0.42,
        resetsAtMs: NOW_MS + 3_600_000,
        status: 'allowed_warning',
        windowMinutes: 300,
      },
      {
        name: '7d',
        utilization: 1.02,
        resetsAtMs: NOW_MS + 86_400_000,
        status: 'rejected',
        windowMinutes: 10_080,
      },
    ]);
  });

  it('reads the windows of a Codex account: percent, either form of reset, the length as stated', () => {
    const headers = {
      'x-codex-primary-used-percent': '89.5',
      'x-codex-primary-reset-at': String(NOW_MS / 1000 + 60),
      'x-codex-primary-reset-after-seconds': '999',
      'x-codex-primary-window-minutes': '10080',
      'x-codex-secondary-used-percent': '0',
      'x-codex-secondary-reset-after-seconds': '120',
    };
    expect(parseUpstreamWindows(headers, NOW_MS)).toEqual([
      {
        name: 'primary',
        utilization: 0.895,
        resetsAtMs: NOW_MS + 60_000,
        status: null,
        windowMinutes: 10_080,
      },
      { name: 'secondary', utilization: 0, resetsAtMs: NOW_MS + 120_000, status: null, windowMinutes: null },
    ]);
  });

  it.each([
    [{}],
    [{ 'anthropic-ratelimit-unified-reset': '1795262400', 'retry-after': '24' }],
    [{ 'anthropic-ratelimit-unified-5h-utilization': 'NaN', 'anthropic-ratelimit-unified-5h-status': 'odd' }],
    [
      {
        'anthropic-ratelimit-unified-7d-utilization': '-0.1',
        'anthropic-ratelimit-unified-7d-reset': 'soon',
      },
    ],
    [{ 'x-codex-primary-window-minutes': '300' }],
    [{ 'x-codex-primary-used-percent': '1e9', 'x-codex-secondary-used-percent': '99999999' }],
  ])('finds no window in %j', (headers) => expect(parseUpstreamWindows(headers, NOW_MS)).toEqual([]));

  it('keeps what is readable of a window that is half garbage', () => {
    const headers = {
      'anthropic-ratelimit-unified-5h-utilization': 'x',
      'anthropic-ratelimit-unified-5h-status': 'rejected',
    };
    expect(parseUpstreamWindows(headers, NOW_MS)).toMatchObject([
      { utilization: null, resetsAtMs: null, status: 'rejected' },
    ]);
  });

  it('garbage never throws, and every figure is in its bounds', () => {
    const name = fc.constantFrom(
      ...['5h', '7d'].flatMap((one) =>
        ['utilization', 'reset', 'status'].map((end) => `anthropic-ratelimit-unified-${one}-${end}`),
      ),
      ...['primary', 'secondary'].flatMap((one) =>
        ['used-percent', 'reset-at', 'reset-after-seconds', 'window-minutes'].map(
          (end) => `x-codex-${one}-${end}`,
        ),
      ),
    );
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.date().map(String),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        for (const { utilization, resetsAtMs } of parseUpstreamWindows(headers, NOW_MS)) {
          expect(utilization ?? 0).toBeGreaterThanOrEqual(0);
          expect(utilization ?? 0).toBeLessThanOrEqual(100);
          expect(resetsAtMs ?? NOW_MS).toBeGreaterThanOrEqual(NOW_MS);
          expect(resetsAtMs ?? NOW_MS).toBeLessThanOrEqual(NOW_MS + 7 * 86_400_000);
        }
      }),
    );
  });
});
