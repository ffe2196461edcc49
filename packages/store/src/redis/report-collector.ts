import type { AccountId, AccountReport, UpstreamWindow } from '@tollgate/core';

/** What comes with every answer goes out once in this time. */
const COLLECT_MS = 1_000;

type Success = AccountReport & { kind: 'success' };

export interface CollectorSinks {
  sendSuccesses(report: Success, count: number): void;
  sendWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void;
}

/** Adds up, for a second each, what every successful answer says: that it succeeded, and the upstream's windows. */
export class ReportCollector {
  readonly #sinks: CollectorSinks;
  /** By account, then by model. */
  readonly #successes = new Map<AccountId, Map<string | null, { report: Success; count: number }>>();
  readonly #windows = new Map<AccountId, Map<string, UpstreamWindow>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(sinks: CollectorSinks) {
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
    this.#timer = setTimeout(() => this.flush(), COLLECT_MS);
    this.#timer.unref();
  }
}

function getOrAdd<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let inner = map.get(key);
  if (!inner) map.set(key, (inner = new Map()));
  return inner;
}
