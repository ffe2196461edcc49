import type { DecisionBatch, DecisionSink, DecisionText, NotedRound } from '@tollgate/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { DecisionQueue } from './decision-queue.ts';

const queues: DecisionQueue[] = [];
afterEach(() => Promise.all(queues.splice(0).map((queue) => queue.stop(10))));

function open(sink: DecisionSink, options: { charactersMax?: number; intervalMs?: number } = {}) {
  const logger = new RecordingLogger();
  const queue = new DecisionQueue({ sink, logger, intervalMs: 5, ...options });
  queues.push(queue);
  return { queue, logger };
}

const POOL = { id: 'pool', text: '{}' };
const ROUND = { pool: POOL } as NotedRound;
const buildText = (line: string, rounds: readonly NotedRound[] = []): DecisionText => ({ line, rounds });

it('[OPS-9] writes in order, in batches of 500, and the rest at the end', async () => {
  const batches: DecisionBatch[] = [];
  const { queue } = open({ write: async (batch) => void batches.push(batch) }, { intervalMs: 60_000 });
  for (let n = 0; n < 1_200; n += 1) queue.add(buildText(String(n)));
  await queue.stop(1_000);
  expect(batches.flatMap(({ lines }) => lines)).toEqual(Array.from({ length: 1_200 }, (_, n) => String(n)));
  expect(Math.max(...batches.map(({ lines }) => lines.length))).toBe(500);
  expect(queue.dropped).toBe(0);
});

it('[OPS-9] keeps records while Postgres is away, up to its bound; what is beyond is counted and told', async () => {
  let isAway = true;
  const written: string[] = [];
  const sink: DecisionSink = {
    write: async ({ lines }) => {
      if (isAway) throw new Error('away');
      written.push(...lines);
    },
  };
  const { queue, logger } = open(sink, { charactersMax: 30 });
  for (const record of ['0123456789', '1123456789', '2123456789', '3123456789']) queue.add(buildText(record));
  expect(queue.dropped).toBe(1);
  await expect
    .poll(() => logger.lines.map(({ message }) => message))
    .toContain('decision records were dropped');
  isAway = false;
  await expect.poll(() => written).toEqual(['0123456789', '1123456789', '2123456789']);
  queue.add(buildText('4123456789'));
  await expect.poll(() => written).toHaveLength(4);
  expect(queue.dropped).toBe(1);
});

it('[OPS-9] a database that never answers holds up no stop, and what was not written is counted', async () => {
  const { promise } = Promise.withResolvers<void>();
  let calls = 0;
  const { queue } = open({ write: () => ((calls += 1), promise) });
  queue.add(buildText('a'));
  await expect.poll(() => calls).toBe(1);
  queue.add(buildText('b'));
  await sleep(30);
  // One write at a time.
  expect(calls).toBe(1);
  await queue.stop(20);
  expect(queue.dropped).toBe(2);
});

it('[OPS-9] each batch brings the pools that its records name, once; they count against the bound', async () => {
  const batches: DecisionBatch[] = [];
  const sink: DecisionSink = { write: async (batch) => void batches.push(batch) };
  const { queue } = open(sink, { intervalMs: 60_000, charactersMax: 510 });
  for (let n = 0; n < 501; n += 1) queue.add(buildText('x', [ROUND, ROUND]));
  queue.add(buildText('1234567'));
  queue.add(buildText('12345678'));
  expect(queue.dropped).toBe(2);
  await queue.stop(1_000);
  expect(batches.map(({ lines, pools }) => [lines.length, [...pools]])).toEqual([
    [500, [['pool', '{}']]],
    [1, [['pool', '{}']]],
  ]);
});
