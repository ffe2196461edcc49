import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitUntil } from '../harness/wait-until.ts';

const EMAIL = 'u@example.com';
const CLIENTS = 40;
const USAGE = { input_tokens: 20, output_tokens: 64 };
/** Sonnet 4.6: 3 USD a million in, 15 out. */
const COST = parseUsd('0.00102');
const BALANCE = parseUsd('0.01');
/** 112 bytes at most are held as 28 tokens of 6 USD a million, and 64 of 15. */
const HOLD_MAX = parseUsd('0.001128');

/** MON-4: who has money for nine answers gets nine, however many ask at once on however many nodes. */
describe.each(TOPOLOGIES)('overdraft, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(() => ({ usage: USAGE, delayHeadersMs: 60 }));
    topology = await startTopology(
      name,
      buildConfig({
        accounts: [{ name: 'a1', base_url: simulator.url }],
        users: [{ email: EMAIL, balance: formatUsd(BALANCE), concurrency: 50, rpm: 0, queue_max: 100 }],
        keys: [{ user: EMAIL, name: 'k1', groups: ['main'], key: KEY }],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it('[MON-4] [LIM-5] as many answers as the balance pays for, the others 403, and it never goes below 0', async () => {
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) =>
        postMessages(topology.gateways[index % topology.gateways.length] ?? '', buildMessage(), {
          'x-api-key': KEY,
        }),
      ),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    const answered = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 403).length;
    expect([answered, refused]).toEqual([9, CLIENTS - 9]);
    expect(bodies.filter((body) => body.includes('billing_error'))).toHaveLength(refused);
    expect(simulator.requests).toHaveLength(answered);
    const left = picoUsd(BALANCE - BigInt(answered) * COST);
    expect([left >= 0n, left < HOLD_MAX]).toEqual([true, true]);
    await waitUntil(
      'all is booked',
      async () => (await topology.admin.users.get.query({ email: EMAIL })).balance === formatUsd(left),
    );
    await expectLedgerExact(topology.admin);
  });

  it('[MON-4] a smaller max_tokens still passes with what is left', async () => {
    simulator.setScript(() => ({ usage: { input_tokens: 20, output_tokens: 4 } }));
    const gateway = topology.gateways.at(-1) ?? '';
    const answer = await postMessages(gateway, buildMessage({ max_tokens: 4 }), { 'x-api-key': KEY });
    expect(answer.status).toBe(200);
  });
});
