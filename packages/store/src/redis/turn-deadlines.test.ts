import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TurnDeadlines } from './turn-deadlines.ts';

const clock = { nowMs: () => 0, monotonicMs: () => performance.now() };

describe('the time limits of turns', () => {
  let overdue: string[];
  let deadlines: TurnDeadlines<string>;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    overdue = [];
    deadlines = new TurnDeadlines({ clock, limitMs: 250, onOverdue: (turn) => overdue.push(turn) });
  });
  afterEach(() => void vi.useRealTimers());

  it('each turn is overdue at its own time, once', async () => {
    deadlines.add('a');
    await vi.advanceTimersByTimeAsync(100);
    deadlines.add('b');
    deadlines.add('c');
    await vi.advanceTimersByTimeAsync(149);
    expect(overdue).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(overdue).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(100);
    expect(overdue).toEqual(['a', 'b', 'c']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(overdue).toEqual(['a', 'b', 'c']);
  });

  it('a turn that was answered is never overdue, nor is one that begins when the timer runs for another', async () => {
    deadlines.add('a');
    await vi.advanceTimersByTimeAsync(200);
    deadlines.remove('a');
    deadlines.add('b');
    await vi.advanceTimersByTimeAsync(240);
    expect(overdue).toEqual([]);
    await vi.advanceTimersByTimeAsync(12);
    expect(overdue).toEqual(['b']);
  });

  it('one timer does for all, and none is left behind', async () => {
    for (let turn = 0; turn < 1_000; turn += 1) deadlines.add(String(turn));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(252);
    expect(overdue).toHaveLength(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is drained when every turn was answered or is overdue', async () => {
    await deadlines.drained();
    deadlines.add('a');
    deadlines.add('b');
    const drained = vi.fn<() => void>();
    void deadlines.drained().then(drained);
    deadlines.remove('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(drained).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(152);
    expect(drained).toHaveBeenCalledOnce();
  });
});
