import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology, type TopologyName } from '../harness/topology.ts';

/** A whole window, and what it takes to be told. */
const TIMEOUT_MS = 300_000;
const RPM = 2;

/** Both windows at once, for each takes up to a minute of waiting. */
describe('Retry-After', () => {
  it.concurrent.each<[TopologyName, 'fixed' | 'sliding']>([
    ['fleet', 'fixed'],
    ['embedded', 'sliding'],
  ])(
    '[LIM-1] waiting exactly that long passes: %s, %s window',
    { timeout: TIMEOUT_MS },
    async (name, shape) => {
      const simulator = await startSimulator();
      const topology = await startTopology(
        name,
        buildConfig({
          accounts: [{ name: 'a1', base_url: simulator.url }],
          users: [{ email: 'u@example.com', balance: '1', concurrency: 0, rpm: RPM }],
          keys: [{ user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY }],
        }),
        { TOLLGATE_RPM_WINDOW: shape },
      );
      try {
        const { node, waitMs } = await findRefusal(topology);
        await sleep(waitMs);
        const answer = await post(topology, node);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([200, null]);
      } finally {
        await topology.stop();
        await simulator.stop();
      }
    },
  );
});

const post = ({ gateways }: Topology, node: number) =>
  postMessages(gateways[node % gateways.length] ?? '', buildMessage());

/** Over all nodes in turn: the first refusal comes with the third request, or later when the minute turns. */
async function findRefusal(topology: Topology): Promise<{ node: number; waitMs: number }> {
  for (let node = 0; node < 3 * RPM; node += 1) {
    const answer = await post(topology, node);
    if (answer.status !== 429) continue;
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(61);
    return { node, waitMs: seconds * 1_000 };
  }
  throw new Error('nothing was refused');
}
