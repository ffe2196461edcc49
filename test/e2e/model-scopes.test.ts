import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { callWire, WIRE, type Wire } from '../harness/wire-client.ts';

const MODELS = {
  claude: 'claude-sonnet-4-5',
  gemini_text: 'gemini-3-pro',
  gemini_image: 'gemini-3-pro-image',
};
type Scope = keyof typeof MODELS;
const OTHER = 'gpt-oss-120b';
const ALL = [...Object.values(MODELS), OTHER];
const SCOPES = Object.keys(MODELS) as Scope[];
/** Each scope alone, two together, and none said: then all models are open. */
const GROUPS: Readonly<Record<string, readonly Scope[] | null>> = {
  ...Object.fromEntries(SCOPES.map((scope) => [scope, [scope]])),
  both: ['claude', 'gemini_image'],
  open: null,
};
const PREFIXES = ['', '/antigravity'] as const;
const keyOf = (group: string) => `sk-test-${group.replace('_', '-')}-0123456789`;
const listAllowed = (group: string) => GROUPS[group]?.map((scope) => MODELS[scope]) ?? ALL;
const EACH = Object.keys(GROUPS).flatMap((group) => PREFIXES.map((prefix) => [group, prefix] as const));

/** `supported_model_scopes` over the wire: what may be asked for, counted and listed. */
describe('model scopes of antigravity groups', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology('embedded', buildAll(simulator.url));
    gateway = topology.gateways[0] ?? '';
  });
  afterEach(async () => {
    simulator.reset();
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const list = async (group: string, path: string, headers: Record<string, string> = {}) =>
    fetch(gateway + path, { headers: { authorization: `Bearer ${keyOf(group)}`, ...headers } });

  describe.each(EACH)('group %s under "%s"', (group, prefix) => {
    it.each(WIRE.flatMap((client) => [[client, false] as const, [client, true] as const]))(
      '[API-7] %s, streamed %s: only these models go up',
      async (client, stream) => {
        for (const model of ALL) {
          const before = simulator.requests.length;
          const answer = await callWire(gateway + prefix, client, { stream, model, key: keyOf(group) });
          const text = await answer.text();
          const isAllowed = listAllowed(group).includes(model);
          expect([model, answer.status]).toEqual([model, isAllowed ? 200 : 400]);
          expect(simulator.requests.length - before).toBe(isAllowed ? 1 : 0);
          if (!isAllowed) expectRefusal(client, text, model);
        }
      },
    );

    it('[API-6] [API-7] only these are listed, in each shape', async () => {
      const allowed = listAllowed(group).toSorted();
      const openAi = await (await list(group, `${prefix}/v1/models`)).json();
      expect(readIds(openAi, 'data', 'id')).toEqual(allowed);
      const anthropic = await list(group, `${prefix}/v1/models`, { 'anthropic-version': '2023-06-01' });
      expect(readIds(await anthropic.json(), 'data', 'id')).toEqual(allowed);
      const gemini = await (await list(group, `${prefix}/v1beta/models`)).json();
      expect(readIds(gemini, 'models', 'name')).toEqual(allowed.map((name) => `models/${name}`));
      for (const model of ALL) {
        const status = allowed.includes(model) ? 200 : 404;
        expect((await list(group, `${prefix}/v1/models/${model}`)).status).toBe(status);
        expect((await list(group, `${prefix}/v1beta/models/${model}`)).status).toBe(status);
      }
    });

    it('[API-5] [API-7] only these are counted', async () => {
      for (const model of ALL) {
        const status = listAllowed(group).includes(model) ? 200 : 400;
        const gemini = await callWire(gateway + prefix, 'gemini', {
          method: 'countTokens',
          model,
          key: keyOf(group),
        });
        const messages = await fetch(`${gateway}${prefix}/v1/messages/count_tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${keyOf(group)}` },
          body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
        });
        expect([model, gemini.status, messages.status]).toEqual([model, status, status]);
      }
    });
  });
});

function expectRefusal(client: Wire, text: string, model: string): void {
  const { error } = JSON.parse(text) as { error: Record<string, unknown> };
  expect(error['message']).toContain(`"${model}" is not offered`);
  if (client === 'gemini') expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  else expect(error).toMatchObject({ type: 'invalid_request_error' });
}

function readIds(list: unknown, key: string, id: string): string[] {
  const models = (list as Record<string, Record<string, string>[]>)[key] ?? [];
  return models.map((model) => model[id] ?? '').toSorted();
}

function buildAll(base_url: string): string {
  const group = { platform: 'antigravity', rate_multiplier: '1', rpm: 0, unpriced_models: 'allow' };
  const names = Object.keys(GROUPS);
  return buildConfig({
    groups: names.map((name) => ({
      ...group,
      name,
      ...(GROUPS[name] !== null && { supported_model_scopes: GROUPS[name] }),
    })),
    accounts: [
      {
        ...{ name: 'a1', base_url, platform: 'antigravity', kind: 'oauth', api_key: 'token-1' },
        ...{ project: 'our-project', groups: names },
        // What the account serves is all there is to be listed.
        model_mapping: Object.fromEntries(ALL.map((model) => [model, model])),
      },
    ],
    users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
    keys: names.map((name) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}
