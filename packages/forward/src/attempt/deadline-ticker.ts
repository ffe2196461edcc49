import type { Clock } from '@tollgate/core';

export interface TickTarget {
  /** The ticker's own: the target's place among all, -1 = not there. Begin with -1. */
  tickPlace: number;
  /** `nowMs` is monotonic. May remove itself. */
  onTick(nowMs: number): void;
  /** The loop has stood still for `ms` (a stopped process, a paused machine, a long block): nobody could be heard. */
  onStandstill?(ms: number): void;
}

/**
 * One interval for the deadlines of all attempts. It stops at the first tick without any, not with the last of
 * them, as a timer made and cleared for each request of a quiet gateway costs more than the tick. Holds no process.
 */
export interface DeadlineTicker {
  add(target: TickTarget): void;
  delete(target: TickTarget): void;
}

/** Deadlines are seen up to two `resolutionMs` late, never early. A standstill of the loop is told instead of a tick. */
export function createDeadlineTicker(clock: Clock, resolutionMs = 50): DeadlineTicker {
  // No Set: see SlotMap of core for what one costs with targets that come and go.
  const targets: TickTarget[] = [];
  let timer: NodeJS.Timeout | null = null;
  let lastTickMs = 0;

  function tick(): void {
    if (targets.length === 0) return stop();
    const nowMs = clock.monotonicMs();
    // Timers run before sockets: after a blocked loop, what came meanwhile must be read before it is judged.
    const sinceMs = nowMs - lastTickMs;
    lastTickMs = nowMs;
    const standstillMs = sinceMs > resolutionMs * 4 ? sinceMs - resolutionMs : 0;
    // Backwards: a target that leaves is replaced by one that has been ticked.
    for (let place = targets.length - 1; place >= 0; place -= 1)
      if (standstillMs > 0) targets[place]?.onStandstill?.(standstillMs);
      else targets[place]?.onTick(nowMs);
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    add(target) {
      if (target.tickPlace !== -1) return;
      target.tickPlace = targets.length;
      targets.push(target);
      if (timer !== null) return;
      lastTickMs = clock.monotonicMs();
      timer = setInterval(tick, resolutionMs);
      timer.unref();
    },
    delete(target) {
      const place = target.tickPlace;
      if (place === -1) return;
      target.tickPlace = -1;
      const last = targets.pop();
      if (last === undefined || last === target) return;
      targets[place] = last;
      last.tickPlace = place;
    },
  };
}
