import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';
/** Longer than the 5 s until the first ping, and than who gives up waits. */
const HOLD_MS = 8_500;
const GIVES_UP_MS = 6_500;

/** LIM-6: a streaming client that waits hears from us, and then has the answer as it came. */
describe.each(TOPOLOGIES)('signs of life, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(({ body }) => {
      if (body.includes('refused')) return { delayHeadersMs: HOLD_MS, status: 400 };
      return body.includes('hold') ? { delayHeadersMs: HOLD_MS } : null;
    });
    topology = await startTopology(name, buildNarrowUsers(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const post = (user: string, fields: Record<string, unknown>, node = 0) =>
    postMessages(topology.gateways.at(node) ?? '', buildMessage(fields), { 'x-api-key': key(user) });
  const hold = { messages: [{ role: 'user', content: 'hold' }] };
  const isAsked = (count: number) =>
    waitUntil('the upstream is asked', () => simulator.openRequests === count);

  it('[LIM-6] [REQ-2] while a slot, or the upstream’s headers, are waited for', async () => {
    const plain = await (await post('free', { stream: true })).text();
    const held = [post('waits', hold), post('gives-up', hold), post('plain', hold)];
    await isAsked(3);
    const [waited, timedOut, slow, refused, silent] = await Promise.all([
      post('waits', { stream: true }, -1),
      post('gives-up', { stream: true }, -1),
      post('free', { ...hold, stream: true }),
      post('free', { messages: [{ role: 'user', content: 'refused' }], stream: true }),
      post('plain', {}, -1),
    ]);

    for (const answer of [waited, timedOut, slow, refused]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(answer.headers.get('x-accel-buffering')).toBe('no');
    }
    // Pings, and then what it would have been without any, to the byte.
    expect(maskIds(await readBehindPings(waited))).toBe(maskIds(plain));
    expect(await readBehindPings(slow)).toMatch(/^event: message_start\n[^]*event: message_stop\n.*\n\n$/);
    // The status has gone out: an error is an event.
    expect(await readBehindPings(timedOut)).toMatch(/^event: error\ndata: \{.*"rate_limit_error".*\}\n\n$/);
    expect(await readBehindPings(refused)).toMatch(
      /^event: error\ndata: \{.*"invalid_request_error".*\}\n\n$/,
    );
    // Who did not ask for a stream gets no sign of life, and the plain answer.
    expect(silent.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await silent.json()).toMatchObject({ type: 'message' });
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

/** What follows the signs of life: one, and another one on a machine that took so long. */
async function readBehindPings(answer: Response): Promise<string> {
  let text = await answer.text();
  expect(text.slice(0, PING.length)).toBe(PING);
  while (text.startsWith(PING)) text = text.slice(PING.length);
  return text;
}

/** Each answer has its own. */
function maskIds(text: string): string {
  return text.replaceAll(/msg_sim\d+/g, 'msg_sim');
}

function buildNarrowUsers(url: string): string {
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 };
  const users = ['waits', 'gives-up', 'plain', 'free'];
  return buildConfig({
    groups: [
      { name: 'main', ...group },
      { name: 'hasty', ...group, queue_timeout_ms: GIVES_UP_MS },
    ],
    accounts: [{ name: 'a1', base_url: url, concurrency: 0, groups: ['main', 'hasty'] }],
    users: users.map((user) => ({
      email: `${user}@example.com`,
      balance: '1',
      concurrency: user === 'free' ? 5 : 1,
      rpm: 0,
    })),
    keys: users.map((user) => ({
      user: `${user}@example.com`,
      name: user,
      groups: [user === 'gives-up' ? 'hasty' : 'main'],
      key: key(user),
    })),
  });
}
