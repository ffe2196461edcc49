import { findFreePort, startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { expect } from 'vitest';
import { clearAccountMemory } from './clear-account-memory.ts';
import { KEY } from './client.ts';
import { buildConfig } from './config.ts';
import { expectLedgerExact } from './ledger.ts';
import { expectSlotsBack } from './slots.ts';
import { startTopology, type Topology, type TopologyName } from './topology.ts';
import { waitForUsage } from './usage.ts';
import { waitUntil } from './wait-until.ts';

/** Short, so that stalls end soon, and longer than a busy machine keeps a good upstream waiting; `total` is the longest. */
const DEADLINES = {
  connect_ms: 1_500,
  first_byte_ms: 1_500,
  first_content_ms: 1_500,
  idle_ms: 1_500,
  total_ms: 3_000,
};
export const ANSWER_BYTES_MAX = 1_048_576;
/** Of a group whose only account is on a port that nobody listens on. */
export const CLOSED_KEY = 'sk-test-closed-0123456789';

/** What a fault of the upstream comes to. */
export interface Outcome {
  /** What the client saw. */
  status: number;
  /** `whole`: the answer to its end. `cut`: content, then an error event. Else the type of the error. */
  answer: string;
  /** What the ledger holds. */
  row: { state: string; status: number; error_code: string | null; isBilled: boolean };
}

export const whole = (): Outcome => ({
  status: 200,
  answer: 'whole',
  row: { state: 'settled', status: 200, error_code: null, isBilled: true },
});
/** Content had gone out when the upstream failed: recorded, billed to nobody. */
export const cut = (): Outcome => ({
  status: 200,
  answer: 'cut',
  row: { state: 'failed', status: 200, error_code: 'upstream_error', isBilled: false },
});
export const failed = (
  status: number,
  answer: string,
  error_code: string,
  rowStatus: number | null = null,
): Outcome => ({
  status,
  answer,
  row: { state: 'failed', status: rowStatus ?? status, error_code, isBilled: false },
});
export const broke = (rowStatus = 502) => failed(502, 'upstream_error', 'upstream_error', rowStatus);
export const timedOut = (rowStatus: number) => failed(502, 'upstream_error', 'upstream_timeout', rowStatus);
export const overloaded = () => failed(503, 'overloaded_error', 'overloaded', 529);
export const rateLimited = () => failed(429, 'rate_limit_error', 'upstream_rate_limited');

/** A title, how the upstream behaves, and what comes of it. */
export type UpstreamFault = [title: string, script: Script, outcome: Outcome];

/** One account with one slot, one user with one slot, short deadlines. */
export interface FaultyUpstream {
  simulator: Simulator;
  topology: Topology;
  gateway: string;
  /** Stops everything; before that, the ledger must equal the rows. */
  stop(): Promise<void>;
}

export async function startFaultyUpstream(name: TopologyName): Promise<FaultyUpstream> {
  const simulator = await startSimulator();
  const topology = await startTopology(name, await buildFaultConfig(simulator.url), {
    TOLLGATE_ANSWER_BYTES_MAX: String(ANSWER_BYTES_MAX),
    TOLLGATE_LOG_LEVEL: 'error',
  });
  const gateway = topology.gateways[0] ?? '';
  return {
    simulator,
    topology,
    gateway,
    async stop() {
      const rows = await expectLedgerExact(topology.admin);
      expect(rows.filter(({ state }) => state === 'unknown')).toEqual([]);
      expect(await topology.stop()).toEqual(topology.processes.map(() => 0));
      await simulator.stop();
    },
  };
}

/**
 * What came of a fault: for the client, and for the ledger, which has one row of it. In between it checks that the
 * upstream's socket is closed or idle, and that both slots are back.
 */
export async function observeOutcome(
  { simulator, gateway, topology }: FaultyUpstream,
  answer: Response,
): Promise<Outcome> {
  const text = await answer.text();
  // REQ-5: nothing of the inside.
  if (answer.status >= 400) expect(text).not.toMatch(/127\.0\.0\.1|sk-up|acc_|ECONN|UND_ERR|\ba1\b/);
  await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
  simulator.setScript(() => null);
  // The fault may have closed the account; the next case, and the proof of its slot, need it open.
  await clearAccountMemory(topology.admin);
  await expectSlotsBack(gateway);
  const row = await readRow(topology, answer.headers.get('x-request-id') ?? '');
  return { status: answer.status, answer: describeAnswer(text), row };
}

async function readRow(topology: Topology, requestId: string): Promise<Outcome['row']> {
  const rows = await waitForUsage(topology, requestId);
  expect(rows).toHaveLength(1);
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  const { state, status, error_code, actual_cost_usd } = row;
  return { state, status, error_code, isBilled: Number(actual_cost_usd) > 0 };
}

/** The whole answer, checked to its last byte, or the type of the error. */
function describeAnswer(text: string): string {
  if (!text.startsWith('event:')) {
    const body = JSON.parse(text) as { type: string; stop_reason?: string; error?: { type: string } };
    return body.type === 'message' && body.stop_reason ? 'whole' : (body.error?.type ?? 'nothing');
  }
  // Each event is one of the protocol, whatever the upstream did.
  const events = text.split('\n\n').filter((event) => event !== '');
  const names = events.map((event) => /^event: (\w+)\ndata: \{/.exec(event)?.[1] ?? `?${event}`);
  expect(text.endsWith('\n\n')).toBe(true);
  const isWhole = names.at(-1) === 'message_stop' && !names.includes('error');
  if (isWhole) return 'whole';
  const isCut = names.includes('content_block_start') && names.at(-1) === 'error';
  return isCut && !names.includes('message_stop') ? 'cut' : names.join(' ');
}

async function buildFaultConfig(url: string): Promise<string> {
  const group = { platform: 'anthropic', rate_multiplier: '1.0', rpm: 0, deadlines: DEADLINES };
  return buildConfig({
    groups: [
      { name: 'main', ...group },
      { name: 'closed', ...group },
    ],
    accounts: [
      { name: 'a1', base_url: url, concurrency: 1 },
      {
        name: 'nobody',
        base_url: `http://127.0.0.1:${await findFreePort()}`,
        concurrency: 1,
        groups: ['closed'],
      },
    ],
    users: [{ email: 'u@example.com', balance: '10.00', concurrency: 1, rpm: 0 }],
    keys: [
      { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
      { user: 'u@example.com', name: 'closed', groups: ['closed'], key: CLOSED_KEY },
    ],
  });
}
