import type { Database } from '@tollgate/db';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answerInTime } from './answer-in-time.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A database that answers the looks at it as told, and then says nothing. */
function fakeDatabase(...answers: boolean[]) {
  const looks: number[] = [];
  const answersWithin = (ms: number): Promise<boolean> => {
    looks.push(Date.now());
    const answer = answers.shift() ?? false;
    return answer ? Promise.resolve(true) : new Promise((resolve) => setTimeout(() => resolve(false), ms));
  };
  return { db: { answersWithin } as Pick<Database, 'answersWithin'> as Database, looks };
}

const work = (ms: number) => () => new Promise((resolve) => setTimeout(() => resolve('done'), ms));

it('[CTL-1] nobody looks at a database for calls that are short', async () => {
  const { db, looks } = fakeDatabase();
  const answer = answerInTime(db, work(3_000), () => {});
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await answer).toBe('done');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toEqual([]);
});

it('[CTL-1] a call may take for ever while the database says anything', async () => {
  const { db } = fakeDatabase(...Array<boolean>(100).fill(true));
  const answer = answerInTime(db, work(300_000), () => {});
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await answer).toBe('done');
});

it('[CTL-1] one late answer is no silence', async () => {
  const { db } = fakeDatabase(false, true, false, true);
  const answer = answerInTime(db, work(15_000), () => {});
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await answer).toBe('done');
});

it('[CTL-1] silence is a 503 after ten seconds, and whoever works on is told', async () => {
  const onGivenUp = vi.fn<() => void>();
  const { db } = fakeDatabase();
  const answer = answerInTime(db, work(60_000), onGivenUp).catch((fault: unknown) => fault);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(onGivenUp).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(await answer).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(onGivenUp).toHaveBeenCalledOnce();
});
