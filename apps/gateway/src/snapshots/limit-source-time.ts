import type { SnapshotSource } from '@tollgate/core';

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
    loadBalance: (userId) => limitTime(source.loadBalance(userId), timeoutMs),
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
