import { startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';

const key = (name: string) => `sk-test-${name}-0123456789`;
const AGENT = { 'user-agent': 'claude-cli/2.1.197 (external, cli)' };
const SESSION = '0f8fad5b-d9cb-469f-a165-70867728950e';
const CLAUDE_CODE_USER = { metadata: { user_id: `user_${'a'.repeat(64)}_account__session_${SESSION}` } };
const TOO_LONG = JSON.stringify({
  type: 'error',
  error: { type: 'invalid_request_error', message: 'prompt is too long: 208310 tokens > 200000 maximum' },
});
const STILL_TOO_LONG = TOO_LONG.replace('200000', '204800');

/** SEL-6: groups for one kind of client, and a second group for what the first one's upstream refuses. */
describe.each(TOPOLOGIES)('the group of a request, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let scripts: Record<string, Script>;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(name, buildGroups(simulator.url));
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });
  beforeEach(() => {
    scripts = {};
    simulator.reset();
    simulator.setScript(({ headers }) => scripts[readAccount(headers['x-api-key'])] ?? null);
  });

  const post = (apiKey: string, headers: Record<string, string>, fields: Record<string, unknown> = {}) =>
    postMessages(topology.gateways.at(-1) ?? '', buildMessage(fields), {
      'x-api-key': key(apiKey),
      ...headers,
    });
  const listAsked = () => simulator.requests.map(({ headers }) => readAccount(headers['x-api-key']));

  it('[SEL-6] Claude Code is served by its own group', async () => {
    expect((await post('coders', AGENT, CLAUDE_CODE_USER)).status).toBe(200);
    expect((await post('coders-only', AGENT, CLAUDE_CODE_USER)).status).toBe(200);
    expect(listAsked()).toEqual(['coders', 'coders-only']);
  });

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['another agent', { 'user-agent': 'curl/8.5' }, CLAUDE_CODE_USER],
    ['another shape of metadata.user_id', AGENT, { metadata: { user_id: 'u' } }],
    ['no metadata', AGENT, {}],
  ])('[SEL-6] %s goes to the fallback group, at its price, or is refused', async (_, headers, fields) => {
    const answer = await post('coders', headers, fields);
    expect(answer.status).toBe(200);
    expect(listAsked()).toEqual(['others']);
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(row).toMatchObject({ group: 'others', account: 'others' });
    // The fallback's multiplier is 2.
    expect(Number(row?.actual_cost_usd)).toBeCloseTo(2 * Number(row?.standard_cost_usd), 12);
    expect(Number(row?.actual_cost_usd)).toBeGreaterThan(0);

    const refused = await post('coders-only', headers, fields);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { type: 'permission_error' } });
    expect(listAsked()).toEqual(['others']);
  });

  it.each([false, true])(
    '[SEL-6] what is too long for one group is tried in another, stream: %s',
    async (stream) => {
      scripts['short'] = { status: 400, body: TOO_LONG };
      const answer = await post('short', {}, { stream });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(stream ? 'event: message_stop' : '"stop_reason"');
      expect(listAsked()).toEqual(['short', 'others']);
      const rows = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '', 2);
      const shown = rows.map(({ group, state, actual_cost_usd }) => [
        group,
        state,
        Number(actual_cost_usd) > 0,
      ]);
      expect(shown.toSorted()).toEqual([
        ['others', 'settled', true],
        ['short', 'failed', false],
      ]);
    },
  );

  it.each<[string, Script, string]>([
    ['cannot answer, the client hears the first upstream', { status: 500 }, TOO_LONG],
    ['refuses it too, its own word', { status: 400, body: STILL_TOO_LONG }, STILL_TOO_LONG],
  ])('[SEL-6] once: where the other group %s', async (_, script, body) => {
    scripts['short'] = { status: 400, body: TOO_LONG };
    scripts['others'] = script;
    const answer = await post('short', {});
    expect([answer.status, await answer.text()]).toEqual([400, body]);
    expect(listAsked()).toEqual(['short', 'others']);
  });

  it('[SEL-6] [REQ-6] any other mistake of the client stays where it was made', async () => {
    scripts['short'] = { status: 400 };
    expect((await post('short', {})).status).toBe(400);
    expect(listAsked()).toEqual(['short']);
  });
});

const GROUPS = ['coders', 'coders-only', 'others', 'short'];

/** Each account is named as its group, and so is its key. */
function readAccount(apiKey: unknown): string {
  return String(apiKey).slice('sk-up-'.length);
}

function buildGroups(url: string): string {
  const group = { platform: 'anthropic', rate_multiplier: '1', rpm: 0 };
  return buildConfig({
    groups: [
      { name: 'coders', ...group, client_restriction: 'claude-code', fallback_group: 'others' },
      { name: 'coders-only', ...group, client_restriction: 'claude-code' },
      { name: 'others', ...group, rate_multiplier: '2' },
      { name: 'short', ...group, fallback_group_on_invalid_request: 'others' },
    ],
    accounts: GROUPS.map((name) => ({ name, base_url: url, groups: [name], api_key: `sk-up-${name}` })),
    keys: GROUPS.map((name) => ({ user: 'u@example.com', name, groups: [name], key: key(name) })),
  });
}
