import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TurnDeadlines, type TimedTurn } from './turn-deadlines.ts';

const clock = { nowMs: () => 0, monotonicMs: () => performance.now() };

interface NamedTurn extends TimedTurn {
  name: string;
}

describe('the time limits of turns', () => {
  let overdue: string[];
  let deadlines: TurnDeadlines<NamedTurn>;
  let turns: Map<string, NamedTurn>;
  const turn = (name: string): NamedTurn => {
    const made = turns.get(name) ?? { name, deadlinePlace: -1, deadlineMs: 0 };
    turns.set(name, made);
    return made;
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    overdue = [];
    turns = new Map();
    deadlines = new TurnDeadlines({ clock, limitMs: 250, onOverdue: ({ name }) => overdue.push(name) });
  });
  afterEach(() => void vi.useRealTimers());

  it('each turn is overdue at its own time, once', async () => {
    deadlines.add(turn('a'));
    await vi.advanceTimersByTimeAsync(100);
    deadlines.add(turn('b'));
    deadlines.add(turn('c'));
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
    deadlines.add(turn('a'));
    await vi.advanceTimersByTimeAsync(200);
    deadlines.remove(turn('a'));
    deadlines.add(turn('b'));
    await vi.advanceTimersByTimeAsync(240);
    expect(overdue).toEqual([]);
    await vi.advanceTimersByTimeAsync(12);
    expect(overdue).toEqual(['b']);
  });

  it('one timer does for all, and none is left behind', async () => {
    for (let number = 0; number < 1_000; number += 1) deadlines.add(turn(String(number)));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(252);
    expect(overdue).toHaveLength(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes turns that end in any order, thousands of them', async () => {
    for (let number = 0; number < 3_000; number += 1) deadlines.add(turn(String(number)));
    for (let number = 0; number < 3_000; number += 1)
      if (number % 7 !== 3) deadlines.remove(turn(String(number)));
    deadlines.remove(turn('5'));
    deadlines.add(turn('late'));
    await vi.advanceTimersByTimeAsync(252);
    const left = Array.from({ length: 3_000 }, (_, number) => number).filter((number) => number % 7 === 3);
    expect(overdue).toEqual([...left.map(String), 'late']);
  });

  it('is drained when every turn was answered or is overdue', async () => {
    await deadlines.drained();
    deadlines.add(turn('a'));
    deadlines.add(turn('b'));
    const drained = vi.fn<() => void>();
    void deadlines.drained().then(drained);
    deadlines.remove(turn('a'));
    await vi.advanceTimersByTimeAsync(100);
    expect(drained).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(152);
    expect(drained).toHaveBeenCalledOnce();
  });
});
