import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the work is over, or after that time; rejects as it does. */
export async function waitAtMost(work: Promise<unknown>, limitMs: number): Promise<void> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
