import { parseUsd } from '@tollgate/core';
import { builtInPriceBook } from '@tollgate/pricing';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, MODEL, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage, type UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** A price that an admin sets is what the next answers of every node cost; past ones are priced anew on demand. */
describe.each(TOPOLOGIES)('prices, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }),
    );
  });
  afterAll(async () => {
    expect(await topology.stop()).toEqual(topology.processes.map(() => 0));
    await simulator.stop();
  });

  async function ask(gateway: string, model = MODEL): Promise<UsageRow | undefined> {
    const answer = await postMessages(gateway, buildMessage({ model }));
    await answer.text();
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '', answer.ok ? 1 : 0);
    return row;
  }

  it('[MON-2] a price set by hand is in force on every node, and rows keep their version', async () => {
    const [first = ''] = topology.gateways;
    expect(await ask(first)).toMatchObject({ price_version: builtInPriceBook.version });
    const prices = { input: '1000', output: '2000' };
    const { version } = await topology.admin.prices.set.mutate({
      model: MODEL,
      platform: 'anthropic',
      prices,
    });
    for (const gateway of topology.gateways) {
      let row: UsageRow | undefined;
      await waitUntil(`${version} on ${gateway}`, async () => {
        row = await ask(gateway);
        return row?.price_version === version;
      });
      const { input_tokens: input = 0, output_tokens: output = 0 } = row ?? {};
      expect(input > 0 && parseUsd(row?.standard_cost_usd ?? '')).toBe(
        BigInt(input) * 1_000_000_000n + BigInt(output) * 2_000_000_000n,
      );
    }
  });

  it('[MON-2] a model without a price is refused until it has one', async () => {
    const [gateway = ''] = topology.gateways;
    const model = 'claude-unheard-of';
    expect(await ask(gateway, model)).toBeUndefined();
    const prices = { input: '1', output: '1' };
    const { version } = await topology.admin.prices.set.mutate({ model, platform: 'anthropic', prices });
    let row: UsageRow | undefined;
    await waitUntil('the model has a price', async () => {
      row = await ask(gateway, model);
      return row !== undefined;
    });
    expect(row).toMatchObject({ price_version: version, state: 'settled' });
  });
});
