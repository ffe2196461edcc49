import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { listUsage } from '../harness/usage.ts';

const MODEL = 'gemini-2.5-flash';
const TEXT = 'How much is this?';
const COUNTED = 5;
const keyOf = (name: string) => `sk-test-${name}-0123456789`;
const BODIES = {
  messages: { model: MODEL, messages: [{ role: 'user', content: TEXT }] },
  gemini: { contents: [{ role: 'user', parts: [{ text: TEXT }] }] },
} as const;
type Client = keyof typeof BODIES;
const SYSTEM = {
  messages: { system: 'Be brief.' },
  gemini: { systemInstruction: { parts: [{ text: 'Be brief.' }] } },
} as const;
const CLIENTS = Object.keys(BODIES) as Client[];
const EACH = (['google', 'gravity'] as const).flatMap((group) =>
  CLIENTS.map((client) => [group, client] as const),
);

/** Counts over the wire, by upstreams that speak Google's v1internal alone. */
describe('code assist counts', () => {
  let simulator: Simulator;
  let topology: Topology;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology('embedded', buildAll(simulator.url));
  });
  afterEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const count = async (group: string, client: Client, fields: object = {}, prefix = '') => {
    const path = client === 'messages' ? '/v1/messages/count_tokens' : `/v1beta/models/${MODEL}:countTokens`;
    const answer = await fetch(`${topology.gateways[0]}${prefix}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keyOf(group)}` },
      body: JSON.stringify({ ...BODIES[client], ...fields }),
    });
    const json = (await answer.json()) as { input_tokens?: number; totalTokens?: number };
    return {
      status: answer.status,
      tokens: client === 'messages' ? json.input_tokens : json.totalTokens,
      label: answer.headers.get('x-tollgate-estimate'),
    };
  };

  it.each(EACH)('[API-5] %s, asked in %s: the upstream counts, without a row', async (group, client) => {
    const before = (await listUsage(topology)).length;
    expect(await count(group, client)).toEqual({ status: 200, tokens: COUNTED, label: null });
    expect(simulator.requests.map(({ path, json }) => [path, json])).toEqual([
      [
        '/v1internal:countTokens',
        { request: { model: `models/${MODEL}`, contents: BODIES.gemini.contents } },
      ],
    ]);
    expect(simulator.requests[0]?.headers).toMatchObject({ authorization: 'Bearer token-1' });
    expect((await listUsage(topology)).length).toBe(before);
  });

  it.each(EACH)(
    '[API-5] %s, asked in %s: system text is counted as a text, labelled',
    async (group, client) => {
      const counted = await count(group, client, SYSTEM[client]);
      expect(counted).toMatchObject({ status: 200, label: '1' });
      expect(counted.tokens).toBeGreaterThan(COUNTED);
      expect(simulator.requests).toHaveLength(1);
    },
  );

  it.each(EACH)(
    '[API-5] %s, asked in %s: the upstream cannot: estimated, and it goes on serving',
    async (group, client) => {
      for (const script of [
        { status: 404 },
        { status: 429 },
        { status: 503 },
        { resetBeforeHeaders: true },
      ]) {
        simulator.setScript(() => script);
        const counted = await count(group, client);
        expect(counted).toMatchObject({ status: 200, label: '1' });
        expect(counted.tokens).toBeGreaterThan(0);
      }
      simulator.setScript(null);
      expect(await count(group, client)).toMatchObject({ label: null });
    },
  );

  it.each(CLIENTS)('[API-1] [API-5] %s under /antigravity', async (client) => {
    expect(await count('gravity', client, {}, '/antigravity')).toMatchObject({
      tokens: COUNTED,
      label: null,
    });
    expect((await count('google', client, {}, '/antigravity')).status).toBe(403);
  });

  it('[API-5] a large body goes through a worker', async () => {
    const text = 'word '.repeat(40_000);
    const counted = await count('gravity', 'messages', { messages: [{ role: 'user', content: text }] });
    expect(counted).toMatchObject({ status: 200, label: null });
    expect(counted.tokens).toBeGreaterThan(10_000);
  });
});

function buildAll(base_url: string): string {
  const group = { rate_multiplier: '1', rpm: 0 };
  const account = { base_url, api_key: 'token-1', kind: 'oauth' as const, project: 'our-project' };
  const names = { google: 'gemini', gravity: 'antigravity' } as const;
  const each = Object.entries(names);
  return buildConfig({
    groups: each.map(([name, platform]) => ({ ...group, name, platform })),
    accounts: each.map(([name, platform]) => ({ ...account, name: `a-${name}`, platform, groups: [name] })),
    keys: each.map(([name]) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}
