import { listRecordings, startSimulator, type Recording, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConfig } from '../harness/config.ts';
import { buildExpectedTokens } from '../harness/expected-tokens.ts';
import { callProtocol, MODELS, PLATFORM, type TestProtocol } from '../harness/protocol-client.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';

const RECORDED: [TestProtocol, string][] = [
  ['chat', 'openai.chat'],
  ['responses', 'openai.responses'],
  ['gemini', 'gemini.generate'],
];
const random = createSeededRandom('protocol-recordings');

/** What providers really sent, cut at random bytes: the client gets each byte, the row the recorded usage. */
describe.each(RECORDED)('recorded conversations, %s', (protocol, recorded) => {
  let simulator: Simulator;
  let topology: Topology;
  let current: Recording | undefined;
  const answers = listRecordings({ protocol: recorded }).filter(
    ({ kind }) => kind === 'stream' || kind === 'json',
  );

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(() => (current === undefined ? null : buildScript(current)));
    const platform = PLATFORM[protocol];
    topology = await startTopology(
      'embedded',
      buildConfig({
        groups: [{ name: 'main', platform, rate_multiplier: '1.0', rpm: 0, unpriced_models: 'allow' }],
        accounts: [{ name: 'a1', platform, base_url: simulator.url }],
        users: [{ email: 'u@example.com', balance: '100000.00', concurrency: 50, rpm: 0 }],
      }),
    );
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it.each(answers.map((recording) => [recording.file, recording] as const))(
    '[API-2] [MON-8] %s',
    async (_, recording) => {
      current = recording;
      const stream = recording.kind === 'stream';
      const answer = await callProtocol(topology.gateways[0] ?? '', protocol, {
        stream,
        model: selectModel(recording, protocol),
        ...(isArray(recording) && { query: '' }),
        // Who asks for the usage itself is sent all of it.
        ...(protocol === 'chat' && stream && { fields: { stream_options: { include_usage: true } } }),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(answer.status).toBe(200);
      expect(bytes.equals(recording.readBytes())).toBe(true);

      const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
      expect(rows).toHaveLength(1);
      // Without figures of the provider the bill is an estimate.
      const state = recording.expected_usage === null ? expect.any(String) : 'settled';
      expect(rows[0]).toMatchObject({ state, status: 200, protocol, ...buildExpectedTokens(recording) });
    },
  );
});

function buildScript(recording: Recording) {
  const bytes = recording.readBytes();
  const type = recording.kind === 'stream' && !isArray(recording) ? 'text/event-stream' : 'application/json';
  return { bytes, headers: { 'content-type': type }, chunkSizes: cutRandomly(bytes.length) };
}

function isArray({ file }: Recording): boolean {
  return file.endsWith('.stream.json');
}

/** The recorded path may have named it otherwise, e.g. with a publisher before it. */
function selectModel({ model }: Recording, protocol: TestProtocol): string {
  return model === null || model.includes('/') ? MODELS[protocol] : model;
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
