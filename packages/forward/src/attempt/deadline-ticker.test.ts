import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadlineTicker } from './deadline-ticker.ts';

describe('createDeadlineTicker', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const pass = (ms: number): void => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  beforeEach(() => {
    nowMs = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('ticks all its targets from one interval, which stops after the last', () => {
    const ticker = createDeadlineTicker(clock, 50);
    const ticks: string[] = [];
    const targets = ['a', 'b'].map((name) => ({
      tickPlace: -1,
      onTick: (at: number) => ticks.push(`${name}${at}`),
    }));
    for (const target of targets) ticker.add(target);
    expect(vi.getTimerCount()).toBe(1);
    pass(50);
    expect(ticks.toSorted()).toEqual(['a50', 'b50']);
    for (const target of targets) ticker.delete(target);
    for (const target of targets) ticker.delete(target);
    pass(50);
    expect(vi.getTimerCount()).toBe(0);
    expect(ticks).toHaveLength(2);
  });

  it('a target may leave inside its tick, and the ticker starts again', () => {
    const ticker = createDeadlineTicker(clock, 50);
    let ticks = 0;
    const target = {
      tickPlace: -1,
      onTick: () => {
        ticks += 1;
        ticker.delete(target);
      },
    };
    ticker.add(target);
    pass(50);
    pass(50);
    expect(ticks).toBe(1);
    ticker.add(target);
    pass(50);
    expect(ticks).toBe(2);
  });

  it('[REQ-7] does not judge right after a blocked loop, whose sockets have not been read yet', () => {
    const ticker = createDeadlineTicker(clock, 50);
    const seen: number[] = [];
    const standstills: number[] = [];
    const target = {
      tickPlace: -1,
      onTick: (at: number) => seen.push(at),
      onStandstill: (ms: number) => standstills.push(ms),
    };
    ticker.add(target);
    ticker.add({ tickPlace: -1, onTick: (at) => seen.push(at) });
    nowMs += 5000;
    vi.advanceTimersByTime(50);
    expect([seen, standstills]).toEqual([[], [4950]]);
    pass(50);
    expect([seen, standstills]).toEqual([[5050, 5050], [4950]]);
  });
});
