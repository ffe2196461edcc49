import type { Clock } from '@tollgate/core';

export interface TickTarget {
  /** `nowMs` is monotonic. May remove itself. */
  onTick(nowMs: number): void;
}

/** One interval for the deadlines of all attempts; it runs only while there are any, and holds no process. */
export interface DeadlineTicker {
  add(target: TickTarget): void;
  delete(target: TickTarget): void;
}

/** Deadlines are seen up to two `resolutionMs` late, never early. */
export function createDeadlineTicker(clock: Clock, resolutionMs = 50): DeadlineTicker {
  const targets = new Set<TickTarget>();
  let timer: NodeJS.Timeout | null = null;
  let lastTickMs = 0;

  function tick(): void {
    const nowMs = clock.monotonicMs();
    // Timers run before sockets: after a blocked loop, what came meanwhile must be read before it is judged.
    const wasBlocked = nowMs - lastTickMs > resolutionMs * 4;
    lastTickMs = nowMs;
    if (!wasBlocked) for (const target of targets) target.onTick(nowMs);
  }

  return {
    add(target) {
      targets.add(target);
      if (timer !== null) return;
      lastTickMs = clock.monotonicMs();
      timer = setInterval(tick, resolutionMs);
      timer.unref();
    },
    delete(target) {
      targets.delete(target);
      if (targets.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    },
  };
}
