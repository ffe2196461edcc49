import { performance } from 'node:perf_hooks';

/** A step that was tried; `problem` null = it went well. */
export interface TimedStep<Value> {
  ms: number;
  /** Absent = it did not come to one. */
  value?: Value;
  problem: StepProblem | null;
}

export interface StepProblem {
  code: 'timeout' | 'aborted' | 'failed';
  /** What threw; only with `failed`. */
  fault?: unknown;
}

export interface StepLimits {
  /** For this step. */
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Waits for `work` as long as a step may take, and says how long it took. Never rejects. Work that is late goes on:
 * whoever began it ends it (by destroying its socket).
 */
export async function timeStep<Value>(
  { timeoutMs, signal }: StepLimits,
  work: () => Promise<Value>,
): Promise<TimedStep<Value>> {
  const startedMs = performance.now();
  const measure = (): number => Math.round((performance.now() - startedMs) * 10) / 10;
  const { promise: ended, resolve: end } = Promise.withResolvers<StepProblem>();
  const timer = setTimeout(() => end({ code: 'timeout' }), timeoutMs);
  const leave = (): void => end({ code: 'aborted' });
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (signal.aborted) return { ms: 0, problem: { code: 'aborted' } };
    const done = work().then(
      (value) => ({ value, problem: null }),
      (fault: unknown) => ({ problem: { code: 'failed' as const, fault } }),
    );
    const first = await Promise.race([done, ended]);
    return { ms: measure(), ...('problem' in first ? first : { problem: first }) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}
