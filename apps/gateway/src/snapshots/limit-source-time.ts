import type { PriceSource, SnapshotSource, TokenQuotaSource, WindowCostSource } from '@tollgate/core';

/** The database gave no answer in time. It may still come; nobody waits for it. */
export class SourceTimeoutError extends Error {
  override readonly name = 'SourceTimeoutError';
}

/**
 * The same source, whose calls reject with SourceTimeoutError after `timeoutMs`. A driver tells of a connection
 * that is refused or reset; of one that has gone silent (a frozen host, a cable) it hears nothing for minutes.
 */
export function limitSourceTime(source: SnapshotSource, timeoutMs: number): SnapshotSource {
  return {
    loadKey: (keyHash) => limitTime(source.loadKey(keyHash), timeoutMs),
    loadGroup: (groupId) => limitTime(source.loadGroup(groupId), timeoutMs),
    loadPool: (groupId) => limitTime(source.loadPool(groupId), timeoutMs),
    loadPurses: (userId, keyId, subscriptionId) =>
      limitTime(source.loadPurses(userId, keyId, subscriptionId), timeoutMs),
  };
}

/** As {@link limitSourceTime}. */
export function limitQuotaTime(source: TokenQuotaSource, timeoutMs: number): TokenQuotaSource {
  return {
    read: (userId) => limitTime(source.read(userId), timeoutMs),
    resetIfDue: (userId, nowMs) => limitTime(source.resetIfDue(userId, nowMs), timeoutMs),
  };
}

/** As {@link limitSourceTime}. */
export function limitWindowCostTime(source: WindowCostSource, timeoutMs: number): WindowCostSource {
  return {
    sumWindowCost: (accountId, startMs) => limitTime(source.sumWindowCost(accountId, startMs), timeoutMs),
  };
}

/** As {@link limitSourceTime}. */
export function limitPriceTime(source: PriceSource, timeoutMs: number): PriceSource {
  return {
    loadVersionInForce: () => limitTime(source.loadVersionInForce(), timeoutMs),
    loadPrices: (version) => limitTime(source.loadPrices(version), timeoutMs),
  };
}

function limitTime<Result>(load: Promise<Result>, timeoutMs: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new SourceTimeoutError(`the database did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    timer.unref();
    load.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
