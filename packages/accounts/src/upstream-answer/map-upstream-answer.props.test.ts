import { ACCOUNT_KINDS, PLATFORMS } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapUpstreamAnswer } from './map-upstream-answer.ts';

const NAMES = [
  'retry-after',
  'retry-after-ms',
  'anthropic-ratelimit-unified-status',
  'anthropic-ratelimit-unified-reset',
  'anthropic-ratelimit-unified-5h-status',
  'anthropic-ratelimit-unified-5h-reset',
  'anthropic-ratelimit-unified-representative-claim',
  'anthropic-ratelimit-tokens-reset',
  'x-ratelimit-reset-requests',
  'x-ratelimit-remaining-requests',
  'x-codex-primary-used-percent',
  'x-codex-primary-reset-at',
];
/** Whatever an upstream writes: the test looks for this text in what we say of it. */
const SECRET = 'sk-very-secret';
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom('rejected', 'allowed', '0', '-1', '1e309', '2026-11-21T12:00:30Z', '1m', SECRET, 'Sat, 1'),
);
const bodyHead = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc
    .tuple(fc.constantFrom('"retryDelay":"', 'try again in ', 'per day', '"resets_at":', 'model: '), value)
    .map((parts) => parts.join('') + SECRET),
);
const answers = fc.record({
  platform: fc.constantFrom(...PLATFORMS),
  kind: fc.constantFrom(...ACCOUNT_KINDS),
  status: fc.oneof(fc.constantFrom(0, 200, 400, 401, 403, 429, 500, 529), fc.integer({ min: 0, max: 999 })),
  fault: fc.constantFrom(null, 'timeout' as const, 'network' as const, 'bad-answer' as const),
  headers: fc.dictionary(fc.constantFrom(...NAMES), value),
  bodyHead,
  nowMs: fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }),
  hasRefreshedToken: fc.boolean(),
  isProbe: fc.boolean(),
  upstreamModel: fc.constant('m-1'),
  passedStatuses: fc.option(fc.array(fc.integer({ min: 400, max: 599 }), { maxLength: 3 })),
  pauseRules: fc.array(
    fc.record({
      status: fc.integer({ min: 400, max: 599 }),
      words: fc.array(fc.string(), { maxLength: 2 }),
      minutes: fc.integer({ min: 1, max: 1440 }),
    }),
    { maxLength: 2 },
  ),
});

describe('[ACC-3] mapUpstreamAnswer', () => {
  it('garbage never throws; blocks last between a second and a week; nothing of the upstream is repeated', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const { verdict, report, retryAfterMs, needsTokenRefresh } = mapUpstreamAnswer(answer);
        if (report?.kind === 'block') {
          expect(report.untilMs).toBeGreaterThanOrEqual(1000);
          expect(report.untilMs).toBeLessThanOrEqual(7 * 86_400_000);
        }
        expect(Number.isInteger(retryAfterMs ?? 0)).toBe(true);
        expect(JSON.stringify(report)).not.toContain(SECRET);
        // What goes to the client, or went well, never counts against the account.
        if (verdict === 'client-error') expect(report?.kind ?? 'success').toBe('success');
        if (verdict === 'client-error' && !answer.isProbe) expect(report).toBeNull();
        if (verdict === 'ok') expect(report?.kind).toBe('success');
        if (needsTokenRefresh) expect([answer.kind, answer.status, report]).toEqual(['oauth', 401, null]);
        if (answer.status < 400) expect(report?.kind).not.toBe('block');
      }),
      { numRuns: 500 },
    );
  });
});
