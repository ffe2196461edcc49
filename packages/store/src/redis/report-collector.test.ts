import type { AccountReport } from '@tollgate/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountId } from '../contract/harness.ts';
import { ReportCollector } from './report-collector.ts';

const success = (name: string, upstreamModel: string | null = null): AccountReport & { kind: 'success' } => ({
  accountId: accountId(name),
  upstreamModel,
  kind: 'success',
});

describe('the report collector', () => {
  let sent: string[] = [];
  let collector: ReportCollector;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    collector = new ReportCollector(1_000, {
      sendSuccesses: ({ accountId: id, upstreamModel }, count) =>
        sent.push(`${id} ${upstreamModel} ${count}`),
      sendWindows: (id, windows) =>
        sent.push(`${id} ${windows.map(({ name, utilization }) => `${name} ${utilization}`).join()}`),
    });
  });
  afterEach(() => vi.useRealTimers());

  it('[ACC-3] sends the successes of a second as one, by account and model', () => {
    for (const report of [success('x'), success('x', 'm'), success('y'), success('x')])
      collector.addSuccess(report);
    vi.advanceTimersByTime(999);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual(['acc_x null 2', 'acc_x m 1', 'acc_y null 1']);
    vi.advanceTimersByTime(5_000);
    expect(sent).toHaveLength(3);
  });

  it('[ACC-3] a failure takes along what has succeeded, once', () => {
    collector.addSuccess(success('x'));
    collector.addSuccess(success('y'));
    collector.flushSuccesses(accountId('x'));
    expect(sent).toEqual(['acc_x null 1']);
    collector.flush();
    collector.flush();
    expect(sent).toEqual(['acc_x null 1', 'acc_y null 1']);
  });

  it('[ACC-5] of each window the last word of a second goes out', () => {
    const window = { resetsAtMs: null, status: null, windowMinutes: null };
    collector.noteWindows(accountId('x'), [{ ...window, name: '5h', utilization: 0.1 }]);
    collector.noteWindows(accountId('x'), [
      { ...window, name: '7d', utilization: 0.2 },
      { ...window, name: '5h', utilization: 0.3 },
    ]);
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual(['acc_x 5h 0.3,7d 0.2']);
  });
});
