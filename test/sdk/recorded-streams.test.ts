import {
  listRecordings,
  startSimulator,
  type Recording,
  type Script,
  type Simulator,
} from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { buildExpectedTokens } from '../harness/expected-tokens.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { listUsage, type UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WIRE, WIRE_MODELS, type Wire } from '../harness/wire-client.ts';
import {
  DOUBLE,
  readExpected,
  SDK_READERS,
  type RecordedReader,
  type Understood,
} from './drivers/recorded-readers.ts';
import { createVercelReader } from './drivers/vercel-readers.ts';

const PLATFORMS = { messages: 'anthropic', chat: 'openai', responses: 'openai', gemini: 'gemini' } as const;
const NAMES = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
} as const;
const READERS: readonly [name: string, protocol: Wire, read: RecordedReader][] = WIRE.flatMap((protocol) => [
  [`the SDK of ${protocol}`, protocol, SDK_READERS[protocol]] as const,
  [`ai over ${protocol}`, protocol, createVercelReader(protocol)] as const,
]);
const CASES = WIRE.flatMap((upstream) =>
  READERS.map(([name, protocol, read]) => ({ upstream, name, protocol, read })),
);
/** Streams of each upstream that are cut over the wire; in packages/translate all are, behind every event. */
const CUT_MAX = 1;
const SHARES = [0.25, 0.5, 0.75];

const keyOf = (protocol: Wire): string => `sk-up-is-${protocol}-0123456789`;

/** Without those that hold two answers, and those that were recorded as a JSON array, which no SDK asks for. */
function listStreams(upstream: Wire): Recording[] {
  return listRecordings({ protocol: NAMES[upstream], kind: 'stream' }).filter(
    ({ file }) => !DOUBLE.has(file) && !file.endsWith('.stream.json'),
  );
}

/** What vendors really sent, through the gateway, to every SDK: in its own protocol and translated. */
describe('recorded streams, to the official SDKs', () => {
  const random = createSeededRandom('recorded streams');
  let simulator: Simulator;
  let topology: Topology;
  let seen = new Set<string>();

  beforeAll(async () => {
    simulator = await startSimulator({ isStrict: true });
    topology = await startTopology('embedded', buildSite(simulator.url));
  });
  beforeEach(async () => {
    await clearAccountMemory(topology.admin);
    seen = new Set((await listUsage(topology)).map((row) => row.attempt_id));
  });
  afterAll(async () => {
    expect(simulator.refusals).toEqual([]);
    await topology.stop();
    await simulator.stop();
  });

  const play = (recording: Recording, script: Script = {}): void => {
    const bytes = recording.readBytes();
    const headers = { 'content-type': 'text/event-stream' };
    simulator.setScript(() => ({ bytes, headers, chunkSizes: cutRandomly(bytes.length, random), ...script }));
  };
  const site = (upstream: Wire) => ({
    url: topology.gateways[0] ?? '',
    key: keyOf(upstream),
    model: WIRE_MODELS[upstream],
  });
  /** The rows since the test began, oldest first. */
  const readNewRows = async (count: number): Promise<UsageRow[]> => {
    const listNew = async () => (await listUsage(topology)).filter((row) => !seen.has(row.attempt_id));
    await waitUntil('all calls are booked', async () => (await listNew()).length >= count);
    return (await listNew()).toReversed();
  };

  it.each(CASES)('[API-8] [MON-8] $upstream to $name', async ({ upstream, protocol, read }) => {
    const recordings = listStreams(upstream);
    expect(recordings.length).toBeGreaterThan(9);
    const understood: unknown[] = [];
    const expected: unknown[] = [];
    for (const recording of recordings) {
      play(recording);
      understood.push([recording.file, await tell(read(site(upstream), true))]);
      // In its own protocol a stream is whatever its vendor's client makes of it without a gateway.
      const direct = upstream === protocol && read({ ...site(upstream), url: simulator.url }, true);
      expected.push([recording.file, await (direct ? tell(direct) : readExpected(recording))]);
    }
    expect(understood).toEqual(expected);
    const rows = await readNewRows(recordings.length);
    expect(rows).toMatchObject(
      recordings.map((recording) =>
        Object.assign({ protocol, status: 200, stream: true }, buildExpectedTokens(recording)),
      ),
    );
  });

  it.each(CASES)(
    '[REQ-2] [MON-7] $upstream, cut, to $name: no success',
    async ({ upstream, protocol, read }) => {
      const recordings = listStreams(upstream)
        .filter(({ expected_usage: usage }) => (usage?.output_total ?? 0) > 20)
        .slice(0, CUT_MAX);
      for (const recording of recordings) {
        for (const share of SHARES) {
          play(recording, { resetAfterBytes: Math.floor(recording.readBytes().length * share) });
          const outcome = await read(site(upstream), true).then(
            ({ text }) => `${recording.file} cut at ${share}: ${text}`,
            (error: unknown) => error,
          );
          expect(outcome).toBeInstanceOf(Error);
          await clearAccountMemory(topology.admin);
        }
      }
      const rows = await readNewRows(recordings.length * SHARES.length);
      expect(rows.map((row) => [row.protocol, row.state])).toEqual(rows.map(() => [protocol, 'failed']));
      // What the provider has counted by then is written down: Anthropic tells the input in its first event.
      if (upstream !== 'messages') return;
      const told = rows.map(
        (row) => row.input_tokens + row.cache_read_tokens + row.cache_write_5m_tokens > 0,
      );
      expect(told).toEqual(recordings.flatMap(listTold));
    },
  );
});

/** Of each cut, whether the first event was through. */
function listTold(recording: Recording): boolean[] {
  const bytes = recording.readBytes();
  return SHARES.map((share) => bytes.subarray(0, Math.floor(bytes.length * share)).includes('\n\n'));
}

type Told = { chars: number; calls: Understood['calls'] } | { error: string };

async function tell(reading: Promise<Understood>): Promise<Told> {
  return reading.then(
    ({ text, calls }) => ({ chars: [...text].length, calls }),
    (error: unknown) => ({ error: String(error) }),
  );
}

/** One group an upstream protocol. */
function buildSite(base_url: string): string {
  return buildConfig({
    groups: WIRE.map((name) => ({
      name,
      platform: PLATFORMS[name],
      rate_multiplier: '1.0',
      rpm: 0,
      unpriced_models: 'allow',
    })),
    accounts: WIRE.map((name) => ({
      name,
      platform: PLATFORMS[name],
      base_url,
      groups: [name],
      ...(PLATFORMS[name] === 'openai' && { upstream_protocol: name }),
    })),
    users: [{ email: 'u@example.com', balance: '100000.00', concurrency: 50, rpm: 0 }],
    keys: WIRE.map((name) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}

function cutRandomly(length: number, random: () => number): number[] {
  const sizes: number[] = [];
  for (let rest = length; rest > 0;) {
    const size = Math.min(rest, 1 + Math.floor(random() ** 3 * 2_000));
    sizes.push(size);
    rest -= size;
  }
  return sizes;
}
