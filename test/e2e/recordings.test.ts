import { listRecordings, startSimulator, type Recording, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';

const recordings = [
  ...listRecordings({ protocol: 'anthropic.messages', kind: 'stream' }),
  ...listRecordings({ protocol: 'anthropic.messages', kind: 'json' }),
];

const random = createSeededRandom('recordings');

/** What providers really sent, cut at random bytes: the client gets each byte, the row the recorded usage. */
// Some of the recorded heads claim gzip over decoded bytes, as some proxies do: that passes as well.
describe.each(TOPOLOGIES)('recorded conversations, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let current: Recording | undefined;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(() =>
      current === undefined
        ? null
        : {
            bytes: current.readBytes(),
            headers: current.headers,
            chunkSizes: cutRandomly(current.readBytes().length),
          },
    );
    topology = await startTopology(
      name,
      buildConfig({
        groups: [
          { name: 'main', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0, unpriced_models: 'allow' },
        ],
        accounts: [{ name: 'a1', base_url: simulator.url }],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it.each(recordings.map((recording) => [recording.file, recording] as const))(
    '[API-2] [MON-8] %s',
    async (_, recording) => {
      current = recording;
      const request = buildMessage({ model: recording.model, stream: recording.kind === 'stream' });
      const answer = await postMessages(topology.gateways[0] ?? '', request);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(answer.status).toBe(200);
      expect(bytes.equals(recording.readBytes())).toBe(true);

      const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ state: 'settled', status: 200, ...buildExpectedTokens(recording) });
    },
  );
});

function buildExpectedTokens(recording: Recording): Record<string, number> {
  const usage = recording.expected_usage;
  if (!usage) return {};
  const tokens = {
    input_tokens: usage.input_uncached,
    cache_read_tokens: usage.cache_read,
    cache_write_5m_tokens: usage.cache_write_5m,
    cache_write_1h_tokens: usage.cache_write_1h,
    output_tokens: usage.output_total,
    reasoning_tokens: usage.reasoning,
  };
  return usage.cache_write === usage.cache_write_5m + usage.cache_write_1h
    ? tokens
    : {
        input_tokens: tokens.input_tokens,
        cache_read_tokens: tokens.cache_read_tokens,
        output_tokens: tokens.output_tokens,
      };
}

function cutRandomly(length: number): number[] {
  const sizes: number[] = [];
  for (let rest = length; rest > 0;) {
    const size = Math.min(rest, 1 + Math.floor(random() ** 3 * 2_000));
    sizes.push(size);
    rest -= size;
  }
  return sizes;
}
