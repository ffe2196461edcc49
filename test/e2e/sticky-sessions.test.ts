import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { HEARD_WITHIN_MS } from '../harness/heard-within.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const OTHER_KEY = 'sk-test-other-0123456789';

/** SEL-4: a session stays on its account, over all nodes, as long as that account may serve it. */
describe.each(TOPOLOGIES)('sticky sessions, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        accounts: [
          { name: 'a', base_url: simulator.url, api_key: 'sk-up-a' },
          { name: 'b', base_url: simulator.url, api_key: 'sk-up-b' },
        ],
        keys: [
          { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
          { user: 'u@example.com', name: 'k2', groups: ['main'], key: OTHER_KEY },
        ],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });

  /** The account that served the request. */
  async function ask(session: string, node = 0, apiKey = KEY): Promise<string> {
    const gateway = topology.gateways[node % topology.gateways.length] ?? '';
    const answer = await postMessages(gateway, buildMessage(), {
      'x-session-id': session,
      'x-api-key': apiKey,
    });
    expect(answer.status).toBe(200);
    await answer.text();
    return String(simulator.requests.at(-1)?.headers['x-api-key']).slice('sk-up-'.length);
  }
  const otherOf = (account: string) => (account === 'a' ? 'b' : 'a');
  const findId = async (account: string) => {
    const { items } = await topology.admin.accounts.list.query({});
    return items.find((item) => item.name === account)?.id ?? '';
  };
  const listBindings = async () => (await topology.admin.sticky.list.query({})).items;

  it('[SEL-4] one session has one account on every node, while others are spread', async () => {
    const home = await ask('s1');
    // The account that rested longest: a session that were not bound would go there.
    for (let index = 0; index < 4; index += 1) expect(await ask('s1', index)).toBe(home);
    expect(await ask('s2', 1)).toBe(otherOf(home));
    expect(await ask('s1', 1)).toBe(home);
    expect((await listBindings()).map(({ accountName }) => accountName).toSorted()).toEqual(['a', 'b']);
  });

  it('[SEL-4] the same session id of another key is another session', async () => {
    const home = await ask('s1');
    expect(await ask('s1', 1, OTHER_KEY)).toBe(otherOf(home));
  });

  it('[SEL-4] a binding that an admin clears leaves the session free to go elsewhere', async () => {
    const home = await ask('s1');
    expect(await ask('s1', 1)).toBe(home);
    const [binding] = await listBindings();
    expect(binding).toMatchObject({ accountName: home });
    expect(JSON.stringify(binding)).not.toContain('s1');
    expect(await topology.admin.sticky.clear.mutate({ name: binding?.name ?? '' })).toEqual({ cleared: 1 });
    expect(await ask('s1', 1)).toBe(otherOf(home));
    // And is bound there.
    expect(await ask('s1')).toBe(otherOf(home));
  });

  it('[SEL-4] all bindings of one account are cleared in one call, those of others stay', async () => {
    const home = await ask('s1');
    await ask('s2');
    const accountId = await findId(home);
    expect(await topology.admin.sticky.clear.mutate({ accountId })).toEqual({ cleared: 1 });
    expect((await listBindings()).map(({ accountName }) => accountName)).toEqual([otherOf(home)]);
  });

  it('[SEL-4] [SEL-5] an account that fails is left, and the session stays where it went', async () => {
    const home = await ask('s1');
    simulator.setScript(({ headers }) => (headers['x-api-key'] === `sk-up-${home}` ? { status: 529 } : null));
    expect(await ask('s1', 1)).toBe(otherOf(home));
    simulator.setScript(() => null);
    await topology.admin.accounts.clearState.mutate({ id: await findId(home) });
    for (const node of [0, 1]) expect(await ask('s1', node)).toBe(otherOf(home));
  });

  it('[SEL-4] [AUTH-6] an account that an admin takes out is left on every node', async () => {
    const home = await ask('s1');
    const id = await findId(home);
    await topology.admin.accounts.update.mutate({ id, schedulable: false });
    for (const [node] of topology.gateways.entries())
      await waitUntil(
        'the node knows',
        async () => (await ask('s1', node)) === otherOf(home),
        HEARD_WITHIN_MS,
      );
    await topology.admin.accounts.update.mutate({ id, schedulable: true });
    expect(await ask('s1', 1)).toBe(otherOf(home));
  });
});
