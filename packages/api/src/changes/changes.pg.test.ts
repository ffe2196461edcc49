import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createTollgateClient, type ChangeSeen } from '../client.ts';
import type { LiveNode } from '../live/live-store.ts';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());
beforeEach(() => {
  api.live.nodes = [];
  api.live.isGone = false;
  api.fault.publish = null;
});

const buildNode = (id: string, number: number | null, changes: Partial<LiveNode> = {}): LiveNode => ({
  id,
  number,
  silentMs: 0,
  about: { startedAtMs: 1.7e12, version: '1.2.3', label: `label of ${id}`, inFlight: 3 },
  ...changes,
});
let made = 0;
const makeGroup = (client = api.client) => {
  made += 1;
  return client.groups.create.mutate({ name: `group ${made}`, platform: 'openai' });
};
/** A client whose changes are seen. */
const connectSeeing = (waitMs = 0) => {
  const seen: ChangeSeen[] = [];
  const onChange = (change: ChangeSeen) => void seen.push(change);
  return { seen, client: createTollgateClient({ url: api.url, token: ADMIN_TOKEN, waitMs, onChange }) };
};

describe('the answer to a change', () => {
  it('[AUTH-6] carries its number, on every mutation and on no query; none where nothing changed', async () => {
    const { seen, client } = connectSeeing();
    const group = await makeGroup(client);
    expect(seen).toEqual([{ number: api.live.number, inForce: null }]);
    await client.groups.get.query({ id: group.id });
    await client.groups.update.mutate({ id: group.id, rpm: 0 });
    expect(seen).toHaveLength(1);
    await client.groups.update.mutate({ id: group.id, rpm: 5 });
    expect(seen[1]).toEqual({ number: (seen[0]?.number ?? 0) + 1, inForce: null });
    const config = 'users: [{ email: seen@example.com, balance: "1" }]';
    await client.config.applyFile.mutate({ config, dryRun: true });
    expect(seen).toHaveLength(2);
    await client.config.applyFile.mutate({ config, dryRun: false });
    expect(seen[2]?.number).toBe(api.live.number);
  });

  it('[AUTH-6] carries the last number of a batch', async () => {
    const { seen, client } = connectSeeing();
    await Promise.all([1, 2, 3].map(() => makeGroup(client)));
    expect(seen.at(-1)?.number).toBe(api.live.number);
  });

  it('[AUTH-6] says that it is pending when the nodes could not be told', async () => {
    const { seen, client } = connectSeeing(5_000);
    api.fault.publish = new Error('store gone');
    await makeGroup(client);
    expect(seen).toEqual([{ number: null, inForce: null }]);
  });

  it('[AUTH-6] waits until every node has acknowledged it, where the client asks for that', async () => {
    const { seen, client } = connectSeeing(10_000);
    const number = api.live.number + 1;
    api.live.nodes = [buildNode('nod_a', number - 1), buildNode('nod_b', number - 1)];
    let isAnswered = false;
    const answer = makeGroup(client).then(() => (isAnswered = true));
    await expect.poll(() => api.live.number).toBe(number);
    await expect.poll(() => api.live.lists).toBeGreaterThan(3);
    const [first, second] = api.live.nodes as [LiveNode, LiveNode];
    first.number = number;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isAnswered).toBe(false);
    second.number = number + 7;
    await answer;
    const afterMs = seen[0]?.inForce?.afterMs;
    expect(seen).toEqual([{ number, inForce: { nodes: 2, of: 2, afterMs } }]);
    expect(afterMs).toBeGreaterThanOrEqual(50);
  });

  it('[AUTH-6] answers when its time is over, and says on how many nodes', async () => {
    const { seen, client } = connectSeeing(50);
    const number = api.live.number + 1;
    api.live.nodes = [buildNode('nod_a', number), buildNode('nod_b', number - 1)];
    await makeGroup(client);
    expect(seen).toEqual([{ number, inForce: { nodes: 1, of: 2, afterMs: null } }]);
  });

  it('[AUTH-6] a store that goes away while it waits does not spoil the answer', async () => {
    const { seen, client } = connectSeeing(5_000);
    api.live.isGone = true;
    await expect(makeGroup(client)).resolves.toBeDefined();
    expect(seen).toEqual([{ number: api.live.number, inForce: null }]);
  });

  it.each(['', 'soon', '-1', '1e3', '99999999', '1.5'])(
    'waits for nothing when asked for %j ms',
    async (wait) => {
      api.live.nodes = [buildNode('nod_a', 0)];
      made += 1;
      const answer = await fetch(`${api.url}/trpc/groups.create`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          'content-type': 'application/json',
          'x-tollgate-wait-ms': wait,
        },
        body: JSON.stringify({ name: `group ${made}`, platform: 'openai' }),
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-tollgate-change')).toBe(String(api.live.number));
      expect(answer.headers.get('x-tollgate-in-force')).toBeNull();
    },
  );
});

describe('changes.inForce', () => {
  it('[AUTH-6] names the nodes: in force, late, unknown because silent or of a version that says nothing', async () => {
    api.live.number = 10;
    api.live.nodes = [
      buildNode('nod_a', 10),
      buildNode('nod_b', 9),
      buildNode('nod_c', null),
      buildNode('nod_d', 9, { silentMs: 20_000 }),
      buildNode('nod_e', null, { about: null }),
      buildNode('nod_f', 11, { silentMs: 20_000 }),
    ];
    const answer = await api.client.changes.inForce.query({ number: 10 });
    expect(answer).toMatchObject({ number: 10, isInForce: false, afterMs: null });
    expect(answer.nodes.map(({ id, state }) => [id, state])).toEqual([
      ['nod_a', 'in-force'],
      ['nod_b', 'late'],
      ['nod_c', 'late'],
      ['nod_d', 'unknown'],
      ['nod_e', 'unknown'],
      ['nod_f', 'in-force'],
    ]);
    expect(answer.nodes[1]).toEqual({ id: 'nod_b', label: 'label of nod_b', state: 'late', afterMs: null });
  });

  it('[AUTH-6] does not wait for those of which nothing is known, nor for nodes when there are none', async () => {
    api.live.lists = 0;
    expect(await api.client.changes.inForce.query({ number: 1, waitMs: 30_000 })).toEqual({
      number: 1,
      isInForce: true,
      afterMs: 0,
      nodes: [],
    });
    api.live.nodes = [buildNode('nod_a', 0, { silentMs: 15_000 })];
    expect(await api.client.changes.inForce.query({ number: 1, waitMs: 30_000 })).toMatchObject({
      isInForce: false,
    });
    // One look for each call.
    expect(api.live.lists).toBe(2);
  });

  it('[AUTH-6] a node that dies meanwhile falls out, and holds nobody up', async () => {
    api.live.nodes = [buildNode('nod_a', 5), buildNode('nod_b', 4)];
    const answer = api.client.changes.inForce.query({ number: 5, waitMs: 30_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    api.live.nodes = api.live.nodes.slice(0, 1);
    expect(await answer).toMatchObject({ isInForce: true, nodes: [{ id: 'nod_a', state: 'in-force' }] });
  });

  it('[AUTH-6] many who wait at once share their looks', async () => {
    api.live.nodes = [buildNode('nod_a', 0)];
    api.live.lists = 0;
    const [node] = api.live.nodes;
    const answers = Promise.all(
      Array.from({ length: 50 }, () => api.services.changeWatch?.wait(1, { waitMs: 10_000 })),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (node) node.number = 1;
    expect((await answers).every((answer) => answer?.isInForce)).toBe(true);
    expect(api.live.lists).toBeLessThan(100);
  });

  it('[AUTH-6] ends early when the caller leaves', async () => {
    api.live.nodes = [buildNode('nod_a', 0)];
    const leaving = new AbortController();
    const answer = api.services.changeWatch?.wait(1, { waitMs: 60_000, signal: leaving.signal });
    leaving.abort();
    expect(await answer).toMatchObject({ isInForce: false, nodes: [{ state: 'late' }] });
  });

  it.each([{ number: -1 }, { number: 1.5 }, { number: 1, waitMs: 30_001 }, { number: 1, waitMs: -1 }])(
    'refuses %j',
    async (input) => {
      await expect(api.client.changes.inForce.query(input)).rejects.toMatchObject({
        data: { code: 'BAD_REQUEST' },
      });
    },
  );
});

describe('nodes.list', () => {
  it('[AUTH-6] shows each node, how far it has come, and since when it is silent', async () => {
    api.live.number = 12;
    api.live.nodes = [
      buildNode('nod_a', 12),
      buildNode('nod_b', 9, { silentMs: 16_000 }),
      buildNode('nod_c', null, { about: null }),
    ];
    const askedMs = Date.now();
    const { number, items } = await api.client.nodes.list.query();
    expect(number).toBe(12);
    expect(items).toMatchObject([
      {
        id: 'nod_a',
        label: 'label of nod_a',
        version: '1.2.3',
        startedAt: '2023-11-14T22:13:20.000Z',
        inFlight: 3,
        state: 'live',
        number: 12,
        lag: 0,
      },
      { id: 'nod_b', state: 'silent', number: 9, lag: 3 },
      { id: 'nod_c', label: null, version: null, startedAt: null, inFlight: null, number: null, lag: null },
    ]);
    const heardMs = Date.parse(items[1]?.lastHeardAt ?? '');
    expect(heardMs).toBeGreaterThanOrEqual(askedMs - 16_000);
    expect(heardMs).toBeLessThanOrEqual(Date.now() - 16_000);
  });
});

it('[AUTH-6] a store that is away is a 503; without a live store the calls say so; strangers see nothing', async () => {
  api.live.isGone = true;
  const { changes, nodes } = api.client;
  for (const call of [nodes.list.query(), changes.inForce.query({ number: 1 })])
    await expect(call).rejects.toMatchObject({ data: { httpStatus: 503 } });
  const stranger = api.connect('tga_wrong_0123456789abcdef');
  for (const call of [stranger.nodes.list.query(), stranger.changes.inForce.query({ number: 1 })])
    await expect(call).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } });
  const bare = await startTestApi(inject('postgresUrl'), { hasLive: false });
  for (const call of [bare.client.nodes.list.query(), bare.client.changes.inForce.query({ number: 1 })])
    await expect(call).rejects.toThrow('no live store');
  await bare.stop();
});
