import type { AccountId, AccountReport, UpstreamWindow } from '@tollgate/core';

type Success = AccountReport & { kind: 'success' };

export interface CollectorSinks {
  sendSuccesses(report: Success, count: number): void;
  sendWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void;
}

/** Adds up for a while what every successful answer says: that it succeeded, and the upstream's windows. */
export class ReportCollector {
  readonly #collectMs: number;
  readonly #sinks: CollectorSinks;
  /** By account, then by model. */
  readonly #successes = new Map<AccountId, Map<string | null, { report: Success; count: number }>>();
  readonly #windows = new Map<AccountId, Map<string, UpstreamWindow>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(collectMs: number, sinks: CollectorSinks) {
    this.#collectMs = collectMs;
    this.#sinks = sinks;
  }

  addSuccess(report: Success): void {
    const ofAccount = getOrAdd(this.#successes, report.accountId);
    const known = ofAccount.get(report.upstreamModel);
    if (known) known.count += 1;
    else ofAccount.set(report.upstreamModel, { report, count: 1 });
    this.#schedule();
  }

  noteWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void {
    const ofAccount = getOrAdd(this.#windows, accountId);
    for (const window of windows) ofAccount.set(window.name, window);
    this.#schedule();
  }

  /** Before a failure is reported: the breaker weighs it against what has succeeded until now. */
  flushSuccesses(accountId: AccountId): void {
    const ofAccount = this.#successes.get(accountId);
    this.#successes.delete(accountId);
    for (const { report, count } of ofAccount?.values() ?? []) this.#sinks.sendSuccesses(report, count);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const accountId of this.#successes.keys()) this.flushSuccesses(accountId);
    for (const [accountId, windows] of this.#windows)
      this.#sinks.sendWindows(accountId, [...windows.values()]);
    this.#windows.clear();
  }

  #schedule(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.flush(), this.#collectMs);
    this.#timer.unref();
  }
}

function getOrAdd<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let inner = map.get(key);
  if (!inner) map.set(key, (inner = new Map()));
  return inner;
}
