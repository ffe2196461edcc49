import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { buildRequest, openRaw } from '../harness/raw-http.ts';
import { expectSlotsBack } from '../harness/slots.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { listUsage, type UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** Half of it is more than a heap that grows by itself, so that only what piles up is seen. */
const GIANT_BYTES = 96 * 1024 * 1024;

/** Clients that leave, or read slowly. After each: the upstream is let go, the slots are back, the row is true. */
describe.each(TOPOLOGIES)('clients that misbehave, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        accounts: [{ name: 'a1', base_url: simulator.url, concurrency: 1 }],
        users: [{ email: 'u@example.com', balance: '10.00', concurrency: 1, rpm: 0 }],
      }),
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterAll(async () => {
    await expectLedgerExact(topology.admin);
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(() => simulator.setScript(() => null));

  /** The row of the client that left; the requests that proved the slots have rows of their own. */
  async function findRowOfLeaver(known: UsageRow[]): Promise<UsageRow> {
    const seen = new Set(known.map(({ attempt_id }) => attempt_id));
    let found: UsageRow | undefined;
    await waitUntil('the row of who left is there', async () => {
      const rows = await listUsage(topology);
      found = rows.find(({ attempt_id, status }) => status === 499 && !seen.has(attempt_id));
      return found !== undefined;
    });
    if (found === undefined) throw new Error('no usage row appeared');
    return found;
  }

  it('[REQ-7] leaves while waiting for the headers', async () => {
    const known = await listUsage(topology);
    simulator.setScript(() => ({ delayHeadersMs: 20_000 }));
    const left = new AbortController();
    const answer = postMessages(gateway, buildMessage({ stream: true }), {}, { signal: left.signal });
    await waitUntil('the upstream is asked', () => simulator.openRequests === 1);
    left.abort();
    await expect(answer).rejects.toThrow();
    await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
    simulator.setScript(() => null);
    await expectSlotsBack(gateway);
    expect(await findRowOfLeaver(known)).toMatchObject({ state: 'failed', actual_cost_usd: '0' });
  });

  it('[MON-7] leaves in the middle of the content: billed by estimate, labelled so', async () => {
    const known = await listUsage(topology);
    simulator.setScript(() => ({ endless: true, delayEventsMs: 5 }));
    const left = new AbortController();
    const answer = await postMessages(gateway, buildMessage({ stream: true }), {}, { signal: left.signal });
    const reader = answer.body?.getReader();
    let bytes = 0;
    while (bytes < 5_000) bytes += (await reader?.read())?.value?.length ?? 0;
    left.abort();
    await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
    simulator.setScript(() => null);
    await expectSlotsBack(gateway);
    const row = await findRowOfLeaver(known);
    expect(row.state).toBe('estimated');
    expect(row.output_tokens).toBeGreaterThan(0);
    expect(Number(row.actual_cost_usd)).toBeGreaterThan(0);
  });

  it('[REQ-7] leaves in the middle of its own body: nothing is sent upstream', async () => {
    const before = simulator.requests.length;
    const socket = await openRaw(gateway);
    const request = buildRequest('/v1/messages', { 'x-api-key': KEY }, buildMessage());
    socket.write(request.subarray(0, request.length - 10));
    await sleep(100);
    socket.destroy();
    simulator.setScript(() => null);
    await expectSlotsBack(gateway);
    expect(simulator.requests.length).toBe(before + 1);
  });

  it('reads slowly: the upstream is paused, nothing piles up, no byte is lost', async () => {
    simulator.setScript(() => ({ giantEventBytes: GIANT_BYTES }));
    const before = await readRssBytes(topology);
    const answer = await postMessages(gateway, buildMessage({ stream: true }));
    const reader = answer.body?.getReader();
    await reader?.read();
    await sleep(2_000);
    expect((await readRssBytes(topology)) - before).toBeLessThan(GIANT_BYTES / 2);
    let bytes = 0;
    try {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
        bytes += part.value.length;
    } catch (error) {
      throw new Error(`cut after ${bytes} bytes; the log: ${topology.processes[0]?.stderr() ?? ''}`, {
        cause: error,
      });
    }
    expect(bytes).toBeGreaterThan(GIANT_BYTES - 65_536);
    simulator.setScript(() => null);
    await expectSlotsBack(gateway);
  });
});

async function readRssBytes(topology: Topology): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${topology.processes[0]?.child.pid ?? 0}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
}
