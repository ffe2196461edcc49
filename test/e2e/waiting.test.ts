import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { waitForWaiting } from '../harness/live.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const USER = 'narrow@example.com';
const key = (name: string) => `sk-test-${name}-0123456789`;
const HOLD_MS = 600;
const HAND_OVERS = 6;
/** A place in the queue is renewed each second: a waiter that had to find its grant by itself takes half of that. */
const HAND_OVER_MS_MAX = 400;

/** LIM-5: without a free slot a request waits, in order, on whichever node it came to. */
describe.each(TOPOLOGIES)('waiting for a slot, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(name, buildQueueConfig(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(() => {
    simulator.reset();
    simulator.setScript(({ body }) => (body.includes('hold') ? { endless: true, delayEventsMs: 50 } : null));
  });

  const say = (content: string) => buildMessage({ messages: [{ role: 'user', content }] });
  /** Node 0 = the first, −1 = the last. */
  const post = (node: number, content: string, apiKey = key('narrow'), init: RequestInit = {}) =>
    postMessages(topology.gateways.at(node) ?? '', say(content), { 'x-api-key': apiKey }, init);
  const waitFor = (count: number) => waitForWaiting(topology.admin, { kind: 'user', name: USER, count });
  const listArrivals = () =>
    simulator.requests.map(({ json }) => (json as { messages: { content: string }[] }).messages[0]?.content);
  /** A stream that has the one slot, on the first node, until it is told to leave. */
  async function holdSlot(apiKey = key('narrow')): Promise<() => void> {
    const leaving = new AbortController();
    const body = buildMessage({ stream: true, messages: [{ role: 'user', content: 'hold' }] });
    const init = { signal: leaving.signal };
    const answer = await postMessages(topology.gateways[0] ?? '', body, { 'x-api-key': apiKey }, init);
    // Somebody must read: a body that nobody holds is cancelled with the next garbage collection.
    void answer.text().catch(() => {});
    expect(answer.status).toBe(200);
    return () => leaving.abort();
  }

  it('[LIM-5] a waiter on another node goes when the request before it ends, first come, first served', async () => {
    const leave = await holdSlot();
    const answers: Promise<Response>[] = [];
    for (const [index, node] of [-1, 0].entries()) {
      answers.push(post(node, `waiter ${index}`));
      await waitFor(index + 1);
    }
    leave();
    const statuses = await Promise.all(answers.map(async (answer) => (await answer).status));
    expect(statuses).toEqual([200, 200]);
    expect(listArrivals()).toEqual(['hold', 'waiter 0', 'waiter 1']);
    await waitFor(0);
  });

  it('[LIM-5] nobody looks whether a slot is free: it is handed over, from node to node', async () => {
    const arrivals: number[] = [];
    simulator.setScript(() => {
      arrivals.push(performance.now());
      return { delayHeadersMs: HOLD_MS };
    });
    const pair = async (): Promise<void> => {
      arrivals.length = 0;
      const held = post(0, 'hold');
      await waitUntil('the slot is taken', () => simulator.openRequests === 1);
      const answers = await Promise.all([held, post(-1, 'hold too')]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    };
    const gapsMs: number[] = [];
    for (let round = 0; round < HAND_OVERS; round += 1) {
      await pair();
      gapsMs.push((arrivals[1] ?? NaN) - (arrivals[0] ?? NaN) - HOLD_MS);
    }
    const median = gapsMs.toSorted((a, b) => a - b)[HAND_OVERS / 2] ?? NaN;
    expect(median).toBeLessThan(HAND_OVER_MS_MAX);
  });

  it('[LIM-5] a full queue is a 429, and the place of one who leaves is free at once', async () => {
    const leave = await holdSlot();
    const leaver = new AbortController();
    const left = post(-1, 'leaves', key('narrow'), { signal: leaver.signal }).catch(() => null);
    await waitFor(1);
    const stayed = post(0, 'stays');
    await waitFor(2);

    const refused = await post(-1, 'too many');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: 'too many pending requests' },
    });

    leaver.abort();
    await left;
    await waitFor(1);
    const late = post(-1, 'comes later');
    await waitFor(2);
    leave();
    expect((await Promise.all([stayed, late])).map(({ status }) => status)).toEqual([200, 200]);
    expect(listArrivals()).toEqual(['hold', 'stays', 'comes later']);
  });

  it('[LIM-5] a wait that is over is a 429 that says so, and leaves no place behind', async () => {
    const leave = await holdSlot();
    const refused = await post(-1, 'waits in vain', key('hasty'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
    await waitFor(0);
    leave();
    expect(listArrivals()).toEqual(['hold']);
  });

  it('[LIM-4] [LIM-5] a key’s own slots are waited for as well', async () => {
    const leave = await holdSlot(key('single'));
    const waits = post(-1, 'next', key('single'));
    const free = await post(-1, 'by another key', key('wide'));
    expect(free.status).toBe(200);
    leave();
    expect((await waits).status).toBe(200);
    expect(listArrivals()).toEqual(['hold', 'by another key', 'next']);
  });

  it('[REQ-1] money that is spent while a request waits is asked for again', async () => {
    const leave = await holdSlot();
    const waits = post(-1, 'broke');
    await waitFor(1);
    const change = { email: USER, kind: 'adjustment' as const };
    await topology.admin.balances.adjust.mutate({ ...change, amount: '-5' });
    leave();
    const answer = await waits;
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { type: 'billing_error' } });
    await topology.admin.balances.adjust.mutate({ ...change, amount: '5' });
    expect(listArrivals()).toEqual(['hold']);
  });
});

function buildQueueConfig(url: string): string {
  // Whose client leaves is not read on: its slot is free at once.
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: 0, drain_ms: 0 };
  return buildConfig({
    groups: [
      { name: 'main', ...group },
      { name: 'hasty', ...group, queue_timeout_ms: 200 },
    ],
    accounts: [{ name: 'a1', base_url: url, concurrency: 0, groups: ['main', 'hasty'] }],
    users: [
      { email: USER, balance: '2', concurrency: 1, queue_max: 2, rpm: 0 },
      { email: 'wide@example.com', balance: '2', concurrency: 5, rpm: 0 },
    ],
    keys: [
      { user: USER, name: 'narrow', groups: ['main'], key: key('narrow') },
      { user: USER, name: 'hasty', groups: ['hasty'], key: key('hasty') },
      { user: 'wide@example.com', name: 'wide', groups: ['main'], key: key('wide') },
      { user: 'wide@example.com', name: 'single', groups: ['main'], key: key('single'), concurrency: 1 },
    ],
  });
}
