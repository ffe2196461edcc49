import type { RouterOutputs } from '@tollgate/api';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { waitForDecision } from '../harness/wait-for-decision.ts';

type Shown = RouterOutputs['requests']['get'];

/** By request id: who might have answered, who might not, who did, how long it took and what it cost. */
describe.each(TOPOLOGIES)('decision records, %s', (name) => {
  let bad: Simulator;
  let good: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    bad = await startSimulator();
    good = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        accounts: [
          { name: 'bad', base_url: bad.url, priority: 1 },
          { name: 'good', base_url: good.url, priority: 2 },
          { name: 'off', base_url: good.url, schedulable: false },
        ],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await bad.stop();
    await good.stop();
  });
  beforeEach(() => clearAccountMemory(topology.admin));

  async function ask(body: string): Promise<{ id: string; shown: Shown }> {
    const url = topology.gateways[0] ?? '';
    const answer = await postMessages(url, body);
    await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    return { id, shown: await waitForDecision(topology, id) };
  }

  it('[OPS-9] a failover: both rounds, the exclusions with reasons, the attempts with their costs', async () => {
    bad.setScript(() => ({ status: 500 }));
    const { id } = await ask(buildMessage({ stream: true }));
    await waitForUsage(topology, id, 2);
    const { request, attempts } = await topology.admin.requests.get.query({ requestId: id });
    expect(request).toMatchObject({
      requestId: id,
      user: 'u@example.com',
      endpoint: 'messages',
      stream: true,
      status: 200,
      errorCode: null,
      attempts: 2,
    });
    const { decision, accountNames } = request!;
    expect(decision.admittedAfterMs).toBeGreaterThanOrEqual(0);
    expect(decision.firstContentAfterMs).toBeGreaterThanOrEqual(decision.admittedAfterMs ?? Infinity);
    const nameOf = (accountId: string | null) => accountNames[accountId ?? ''];
    expect(
      decision.rounds.map(({ accountId, candidates, excluded, status, error }) => ({
        chosen: nameOf(accountId),
        candidates: candidates.map(nameOf),
        excluded: excluded.map(({ accountId: each, reason }) => `${nameOf(each)} ${reason}`),
        status,
        error,
      })),
    ).toEqual([
      {
        chosen: 'bad',
        candidates: ['bad', 'good'],
        excluded: ['off not-schedulable'],
        status: 500,
        error: 'upstream_error',
      },
      { chosen: 'good', candidates: ['good'], excluded: ['off not-schedulable'], status: 200, error: null },
    ]);
    expect(attempts.map(({ attempt_id }) => attempt_id)).toEqual(
      decision.rounds.map(({ attemptId }) => attemptId),
    );
    expect(attempts.map(({ account, actual_cost_usd }) => [account, actual_cost_usd === '0'])).toEqual([
      ['bad', true],
      ['good', false],
    ]);
    const text = await topology.cli('request', 'show', id);
    expect(text).toContain('excluded: off: not-schedulable');
    expect(text).toMatch(/chosen: bad \(\w+\) -> 500 upstream_error/);
  });

  it('[OPS-9] a session stays, and says so', async () => {
    bad.setScript(() => ({}));
    const body = buildMessage({ metadata: { user_id: `user_x_account__session_${crypto.randomUUID()}` } });
    await ask(body);
    const { shown } = await ask(body);
    expect(shown.request?.decision.rounds).toMatchObject([{ by: 'sticky', status: 200 }]);
  });

  it('[OPS-9] a refusal: no account was left, by name and reason', async () => {
    bad.setScript(() => ({ status: 529 }));
    good.setScript(() => ({ status: 529 }));
    await ask(buildMessage());
    const { id, shown } = await ask(buildMessage());
    expect(shown.request).toMatchObject({ status: 503, errorCode: 'overloaded', attempts: 0 });
    expect(shown.attempts).toEqual([]);
    const [round] = shown.request!.decision.rounds;
    expect(round).toMatchObject({ accountId: null, by: null });
    expect(round?.excluded.map(({ reason }) => reason).toSorted()).toEqual([
      'not-schedulable',
      'overloaded',
      'overloaded',
    ]);
    const { items } = await topology.admin.requests.list.query({ failedOnly: true, errorCode: 'overloaded' });
    expect(items.map(({ requestId }) => requestId)).toContain(id);
    expect(await topology.cli('request', 'list', '--failed')).toContain(id);
  });

  it('[OPS-9] a request whose body is no JSON has a record, one with an unknown key has none', async () => {
    const { shown } = await ask('{');
    expect(shown.request).toMatchObject({ status: 400, errorCode: 'invalid_request', model: null });
    const answer = await postMessages(topology.gateways[0] ?? '', buildMessage(), {
      'x-api-key': 'sk-unknown-0123456789',
    });
    const requestId = answer.headers.get('x-request-id') ?? '';
    await ask(buildMessage());
    await expect(topology.admin.requests.get.query({ requestId })).rejects.toThrow('no such request');
  });
});
