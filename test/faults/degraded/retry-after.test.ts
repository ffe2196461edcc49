import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../../harness/client.ts';
import { buildConfig } from '../../harness/config.ts';
import { startTopology, type TopologyName } from '../../harness/topology.ts';
import { ask, readState } from './asking.ts';
import { startRedisSite } from './redis-site.ts';

type Shape = 'fixed' | 'sliding';

const NODES = 2;
/** Of a Redis that is there, and of one that is away: a node has a share then. */
const RPM = 2;
const SHARED_RPM = 8;
/** A node counts the others once in a heartbeat. */
const COUNTED_MS = 11_000;
/** A whole window, and the starts of all the others. */
const TIMEOUT_MS = 480_000;

/** All windows at once, for each takes up to a minute of waiting; the starts one by one, for they take the machine. */
describe('[LIM-1] waiting for Retry-After, exactly, passes', () => {
  const startInTurn = createTurns();

  it.concurrent.each<[Shape]>([['sliding'], ['fixed']])(
    '[redis-away-minute] [LIM-1] [LIM-2] [LIM-11] Redis away, %s window',
    { timeout: TIMEOUT_MS },
    async (shape) => {
      const env = { TOLLGATE_RPM_WINDOW: shape };
      const site = await startInTurn(() =>
        startRedisSite([{ name: 'limited', isFree: true, user: { rpm: SHARED_RPM } }], [env, env]),
      );
      try {
        await sleep(COUNTED_MS);
        site.breakRedis('cut off');
        await site.waitForState('200 degraded, 200 degraded');
        const [gateway] = site.gateways;
        const { waitMs, told } = await useUp(gateway);
        // What the headers said was what could be had; the minute may have turned in between.
        expect(told.slice(-SHARED_RPM / NODES)).toEqual([3, 2, 1, 0]);
        await sleep(waitMs);
        const answer = await ask(gateway, 'limited');
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([200, null]);
        expect(await readState(gateway)).toBe('200 degraded, 200 degraded');
      } finally {
        await site.stop();
      }
    },
  );

  it.concurrent.each<[TopologyName, Shape]>([
    ['embedded', 'sliding'],
    ['fleet', 'fixed'],
  ])('[LIM-1] %s, %s window', { timeout: TIMEOUT_MS }, async (name, shape) => {
    const simulator = await startSimulator();
    const topology = await startInTurn(() =>
      startTopology(name, buildOneUser(simulator.url), { TOLLGATE_RPM_WINDOW: shape }),
    );
    const post = (node: number): Promise<Response> =>
      postMessages(topology.gateways[node % topology.gateways.length] ?? '', buildMessage());
    try {
      const { node, waitMs } = await findRefusal(post);
      await sleep(waitMs);
      const answer = await post(node);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([200, null]);
    } finally {
      await topology.stop();
      await simulator.stop();
    }
  });
});

/** One start after the other; one that fails is only its own test's failure. */
function createTurns(): <Result>(start: () => Promise<Result>) => Promise<Result> {
  let before: Promise<unknown> = Promise.resolve();
  return (start) => {
    const started = before.then(start);
    before = started.catch(() => {});
    return started;
  };
}

function buildOneUser(url: string): string {
  return buildConfig({
    accounts: [{ name: 'a1', base_url: url }],
    users: [{ email: 'u@example.com', balance: '1', concurrency: 0, rpm: RPM }],
    keys: [{ user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY }],
  });
}

/** Until the first refusal: what the headers said was left, and how long to wait. */
async function useUp(gateway: string): Promise<{ waitMs: number; told: number[] }> {
  const told: number[] = [];
  for (let count = 0; count < 2 * SHARED_RPM; count += 1) {
    const { status, headers } = await ask(gateway, 'limited');
    if (status === 429) return { waitMs: readWaitMs(headers), told };
    expect([status, headers.get('x-ratelimit-limit-requests')]).toEqual([200, String(SHARED_RPM / NODES)]);
    const resetS = Number.parseInt(headers.get('x-ratelimit-reset-requests') ?? '', 10);
    expect(resetS).toBeGreaterThan(0);
    expect(resetS).toBeLessThanOrEqual(61);
    told.push(Number(headers.get('x-ratelimit-remaining-requests')));
  }
  throw new Error('nothing was refused');
}

/** Over all nodes in turn: the first refusal comes with the third request, or later when the minute turns. */
async function findRefusal(
  post: (node: number) => Promise<Response>,
): Promise<{ node: number; waitMs: number }> {
  for (let node = 0; node < 3 * RPM; node += 1) {
    const answer = await post(node);
    if (answer.status === 429) return { node, waitMs: readWaitMs(answer.headers) };
  }
  throw new Error('nothing was refused');
}

function readWaitMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(61);
  return seconds * 1_000;
}
