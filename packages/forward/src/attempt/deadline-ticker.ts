import type { Clock } from '@tollgate/core';

export interface TickTarget {
  /** `nowMs` is monotonic. May remove itself. */
  onTick(nowMs: number): void;
}

/**
 * One interval for the deadlines of all attempts. It stops at the first tick without any, not with the last of
 * them, as a timer made and cleared for each request of a quiet gateway costs more than the tick. Holds no process.
 */
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
    if (targets.size === 0) return stop();
    const nowMs = clock.monotonicMs();
    // Timers run before sockets: after a blocked loop, what came meanwhile must be read before it is judged.
    const wasBlocked = nowMs - lastTickMs > resolutionMs * 4;
    lastTickMs = nowMs;
    if (!wasBlocked) for (const target of targets) target.onTick(nowMs);
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
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
    },
  };
}
