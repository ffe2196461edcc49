import type { AttemptOutcome } from '@tollgate/core';
import type { UsageSink } from '../port.ts';

/** A sink that keeps its promises (idempotent by id, all or nothing), and can be told to fail. */
export class MemorySink implements UsageSink {
  readonly rows = new Map<string, AttemptOutcome>();
  readonly batchSizes: number[] = [];
  /** Thrown by the next calls until it is null again. */
  fault: ((batch: readonly AttemptOutcome[]) => Error | null) | null = null;

  book(batch: readonly AttemptOutcome[]): Promise<void> {
    this.batchSizes.push(batch.length);
    const error = this.fault?.(batch);
    if (error) return Promise.reject(error);
    for (const row of batch) if (!this.rows.has(row.attemptId)) this.rows.set(row.attemptId, row);
    return Promise.resolve();
  }
}

export function buildPermanentError(): Error {
  return Object.assign(new Error('value out of range'), { permanent: true });
}
