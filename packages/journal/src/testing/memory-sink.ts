import { decodeOutcome, splitAttemptBatch, type AttemptBatch, type AttemptOutcome } from '@tollgate/core';
import type { UsageSink } from '../port.ts';

/** A sink that keeps its promises (idempotent by id, all or nothing), and can be told to fail. */
export class MemorySink implements UsageSink {
  readonly rows = new Map<string, AttemptOutcome>();
  readonly batchSizes: number[] = [];
  /** Thrown by the next calls until it is null again. */
  fault: ((batch: readonly AttemptOutcome[]) => Error | null) | null = null;

  book(batch: AttemptBatch): Promise<void> {
    this.batchSizes.push(batch.count);
    const outcomes = splitAttemptBatch(batch).map((text) => decodeOutcome(text));
    if (outcomes.length !== batch.count) return Promise.reject(new Error('the batch counts wrong'));
    const rows = outcomes.filter((outcome) => outcome !== null);
    if (rows.length < batch.count) return Promise.reject(buildPermanentError());
    const error = this.fault?.(rows);
    if (error) return Promise.reject(error);
    for (const row of rows) if (!this.rows.has(row.attemptId)) this.rows.set(row.attemptId, row);
    return Promise.resolve();
  }
}

export function buildPermanentError(): Error {
  return Object.assign(new Error('value out of range'), { permanent: true });
}
