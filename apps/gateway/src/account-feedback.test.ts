import type { AccountReport, LeaseId } from '@tollgate/core';
import type { AttemptEnd, RetryReason } from '@tollgate/forward';
import { describe, expect, it } from 'vitest';
import { reportAttempt } from './account-feedback.ts';
import { ACCOUNT_ID, buildAccount, MODEL } from './testing/build-snapshots.ts';
import { buildServices } from './testing/build-services.ts';
import { overrideStore } from './testing/override-store.ts';

const TIMINGS = { startedAtMs: 0, headersAtMs: null, firstContentAtMs: null, endedAtMs: 1 };
const WINDOWS = {
  'anthropic-ratelimit-unified-5h-utilization': '0.5',
  'anthropic-ratelimit-unified-5h-status': 'allowed',
};

const answered = (headers = {}): AttemptEnd => ({
  kind: 'answered',
  status: 200,
  headers,
  stream: true,
  timings: TIMINGS,
});
const retryable = (reason: RetryReason, status: number, body = '', headers = {}): AttemptEnd => ({
  kind: 'retryable',
  reason,
  status,
  headers,
  body: Buffer.from(body),
  sentBytes: false,
  message: 'x',
  timings: TIMINGS,
});
const broken = (reason: RetryReason): AttemptEnd => ({
  kind: 'broken',
  reason,
  message: 'x',
  isErrorSent: false,
  isMidEvent: false,
  timings: TIMINGS,
});
const refused = (status: number, body = ''): AttemptEnd => ({
  kind: 'client-error',
  status,
  headers: {},
  body: Buffer.from(body),
  isBodyWhole: true,
  timings: TIMINGS,
});
const LEFT: AttemptEnd = { kind: 'client-left', status: 0, headers: {}, plainBytes: 0, timings: TIMINGS };

function run(
  end: AttemptEnd,
  options: { accepted?: boolean; kind?: 'api-key' | 'oauth'; probe?: boolean } = {},
) {
  const services = buildServices();
  const reports: (AccountReport | undefined)[] = [];
  const probes: (LeaseId | undefined)[] = [];
  let kept = 0;
  const windows: unknown[] = [];
  const store = overrideStore(services.store, {
    reportAccount(report, probe) {
      reports.push(report);
      probes.push(probe);
    },
    noteUpstreamWindows: (_, noted) => void windows.push(...noted),
  });
  const account = buildAccount({ kind: options.kind ?? 'api-key' });
  const lease = { id: 'lse_1' as LeaseId, holder: { kind: 'account' as const, accountId: ACCOUNT_ID } };
  const ready = {
    account,
    upstreamModel: MODEL,
    lease,
    isProbe: options.probe ?? false,
    sessionId: 'ses_1',
    registeredSession: null,
    session: { keep: () => void (kept += 1) },
    hasRefreshedToken: false,
    translation: null,
    streamOnly: null,
    opened: services.accounts.open(buildAccount()),
  };
  const meaning = reportAttempt(ready, end, options.accepted ?? false, { ...services, store });
  return { meaning, report: reports[0], probe: probes[0], kept, windows };
}

describe('account-feedback', () => {
  it.each<[string, AttemptEnd, string, object | undefined]>([
    ['a stream', answered(), 'ok', { kind: 'success' }],
    ['529', retryable('overloaded', 529), 'retry', { kind: 'block', state: 'overloaded' }],
    ['429', retryable('rate-limited', 429), 'retry', { state: 'rate-limited', untilMs: 300_000 }],
    ['401', retryable('auth', 401), 'retry', { kind: 'strike' }],
    ['500', retryable('server-error', 500), 'retry', { kind: 'failure', reason: 'status 500' }],
    ['no answer', retryable('timeout', 0), 'retry', { kind: 'failure', reason: 'no answer in time' }],
    ['no connection', retryable('refused', 0), 'retry', { reason: 'the connection failed' }],
    ['nonsense', retryable('bad-answer', 200), 'retry', { reason: 'the answer could not be read' }],
    ['a 500 that broke off', retryable('reset', 500), 'retry', { reason: 'status 500, then network' }],
    ['400', refused(400), 'client-error', undefined],
    ['400 for the account', refused(400, 'credit balance is too low'), 'retry', { kind: 'strike' }],
    ['a stream that broke', broken('reset'), 'retry', { kind: 'failure' }],
    ['a stream that stalled', broken('timeout'), 'retry', { kind: 'failure', reason: 'no answer in time' }],
    ['overloaded in the middle', broken('overloaded'), 'retry', { kind: 'block', state: 'overloaded' }],
    ['rate-limited in the middle', broken('rate-limited'), 'retry', { state: 'rate-limited' }],
    ['a client that left', LEFT, 'ok', undefined],
  ])('[ACC-3] %s', (_, end, verdict, report) => {
    const result = run(end);
    expect(result.meaning.verdict).toBe(verdict);
    if (report === undefined) expect(result.report).toBeUndefined();
    else expect(result.report).toMatchObject({ accountId: ACCOUNT_ID, ...report });
  });

  it('[ACC-3] only a probe reports as one', () => {
    expect(run(answered(), { probe: true }).probe).toBe('lse_1');
    expect(run(answered()).probe).toBeUndefined();
  });

  it.each<[string, AttemptEnd]>([
    ['400', refused(400)],
    ['404', refused(404)],
    ['422', refused(422)],
  ])('[ACC-3] a probe that ends in the client’s own %s has shown that the account answers', (_, end) => {
    const { meaning, report, probe } = run(end, { probe: true });
    expect(meaning.verdict).toBe('client-error');
    expect([report, probe]).toEqual([
      { accountId: ACCOUNT_ID, kind: 'success', upstreamModel: null },
      'lse_1',
    ]);
  });

  it('[ACC-3] a probe whose client leaves in the middle of the answer has succeeded; before it, nothing is known', () => {
    expect(run(LEFT, { probe: true, accepted: true })).toMatchObject({
      report: { kind: 'success' },
      probe: 'lse_1',
    });
    expect(run(LEFT, { probe: true }).report).toBeUndefined();
    expect(run(LEFT, { accepted: true }).report).toBeUndefined();
  });

  it.each<[string, AttemptEnd, boolean, number]>([
    ['accepted', answered(), true, 1],
    ['refused', refused(400), false, 0],
    ['failed', retryable('server-error', 500), false, 0],
    ['left before content', LEFT, false, 0],
    ['left after content', LEFT, true, 1],
    ['broken after content', broken('reset'), true, 1],
  ])('[LIM-7] a session is kept only where something was accepted: %s', (_, end, accepted, kept) => {
    expect(run(end, { accepted }).kept).toBe(kept);
  });

  it('[ACC-3] a token that is to be refreshed is no finding', () => {
    const { meaning, report } = run(retryable('auth', 401), { kind: 'oauth' });
    expect([meaning.needsTokenRefresh, report]).toEqual([true, undefined]);
  });

  it('[ACC-5] the upstream’s windows are noted, of bad answers too; not of API keys', () => {
    expect(run(answered(WINDOWS), { kind: 'oauth' }).windows).toMatchObject([
      { name: '5h', utilization: 0.5 },
    ]);
    expect(run(retryable('rate-limited', 429, '', WINDOWS), { kind: 'oauth' }).windows).toHaveLength(1);
    expect(run(answered(), { kind: 'oauth' }).windows).toEqual([]);
    expect(run(answered(WINDOWS)).windows).toEqual([]);
  });
});
