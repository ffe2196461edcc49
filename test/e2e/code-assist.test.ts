import { createConformanceChecker } from '@tollgate/protocol';
import { startSimulator, type RecordedRequest, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig } from '../harness/config.ts';
import { readAnswer } from '../harness/read-answer.ts';
import { ARGUMENTS, BILLED, buildToolScript, SAID } from '../harness/tool-answers.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { callWire, READ_TOOL, WIRE, type Wire } from '../harness/wire-client.ts';

const keyOf = (name: string) => `sk-test-${name}-0123456789`;
const MODEL = 'gemini-2.5-flash';
const EACH = (['google', 'gravity'] as const).flatMap((group) =>
  WIRE.flatMap((client) => [[group, client, false] as const, [group, client, true] as const]),
);

/** Upstreams that speak generateContent inside Google's v1internal envelope, and paths that name their platform. */
describe('code assist', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(answerEnveloped);
    topology = await startTopology('embedded', buildAll(simulator.url));
    gateway = topology.gateways[0] ?? '';
  });
  afterEach(async () => {
    simulator.requests.length = 0;
    simulator.setScript(answerEnveloped);
    await clearAccountMemory(topology.admin);
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  const call = (group: string, client: Wire, stream: boolean, prefix = '') =>
    callWire(gateway + prefix, client, {
      stream,
      model: MODEL,
      key: keyOf(group),
      fields: READ_TOOL[client],
    });
  const sent = () => simulator.requests.at(-1);

  it.each(EACH)('[API-3] %s: asked in %s, streamed %s', async (group, client, stream) => {
    const answer = await call(group, client, stream);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, expect.any(String)]);
    expect(readAnswer(client, text, stream)).toMatchObject({
      text: SAID,
      tools: [{ name: 'read_file', input: ARGUMENTS }],
    });
    const checker = createConformanceChecker(client, { includesUsage: false });
    if (stream) checker.push(Buffer.from(text));
    if (stream) checker.end();
    expect(checker.problems).toEqual([]);
    expect(text).not.toContain('"response":{"candidates"');
    expect(sent()?.path).toBe(
      stream ? '/v1internal:streamGenerateContent?alt=sse' : '/v1internal:generateContent',
    );
    expect(sent()?.headers).toMatchObject({ authorization: 'Bearer token-1' });
    expect(sent()?.json).toMatchObject({
      model: MODEL,
      project: 'our-project',
      request: { contents: [{ role: 'user' }] },
      ...(group === 'gravity' && { userAgent: 'antigravity' }),
    });
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(row).toMatchObject({ state: 'settled', protocol: client, ...BILLED });
  });

  it('[API-3] as one JSON array for a Gemini client without alt=sse', async () => {
    const answer = await callWire(gateway, 'gemini', {
      stream: true,
      query: '',
      model: MODEL,
      key: keyOf('google'),
    });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(await answer.json()).toMatchObject([{ candidates: [{}] }, { modelVersion: MODEL }]);
  });

  it.each(WIRE)('[REQ-2] [SEL-5] %s: cut in the middle, it is no success', async (client) => {
    const whole = buildEnveloped(true).bytes ?? Buffer.alloc(0);
    simulator.setScript(() => ({
      bytes: whole,
      headers: { 'content-type': 'text/event-stream' },
      chunkSizes: [whole.length - 200],
      resetAfterBytes: whole.length - 200,
    }));
    const answer = await call('google', client, true);
    const text = await answer.text();
    expect(text).toContain('broke off');
    expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finishReason"/u);
    const [row] = await waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
    expect(row).toMatchObject({ state: 'failed' });
  });

  it.each([false, true])(
    '[SEL-7] Claude behind it refuses a signature in Anthropic’s words: asked again without thoughts; streamed: %s',
    async (stream) => {
      const message = 'messages.1.content.0: Invalid `signature` in `thinking` block';
      const inner = { type: 'error', error: { type: 'invalid_request_error', message } };
      const outer = { error: { code: 400, message: JSON.stringify(inner), status: 'INVALID_ARGUMENT' } };
      simulator.setScript((request) =>
        request.body.includes('c2ln')
          ? { status: 400, body: stream ? [outer] : outer }
          : answerEnveloped(request),
      );
      const answer = await callWire(gateway, 'gemini', {
        stream,
        model: 'claude-sonnet-4-6',
        key: keyOf('gravity'),
        fields: {
          contents: [
            { role: 'user', parts: [{ text: 'Read it.' }] },
            {
              role: 'model',
              parts: [
                { text: 'Hm.', thought: true, thoughtSignature: 'c2ln' },
                { functionCall: { name: 'read_file', args: {} }, thoughtSignature: 'c2ln' },
              ],
            },
            { role: 'user', parts: [{ functionResponse: { name: 'read_file', response: { output: 'x' } } }] },
          ],
          generationConfig: { thinkingConfig: { thinkingBudget: 2000 } },
        },
      });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(SAID) as string]);
      expect(simulator.requests).toHaveLength(2);
      const parts = [{ functionCall: { name: 'read_file', args: {} }, thoughtSignature: '' }];
      expect(sent()?.json).toMatchObject({
        request: { contents: [{}, { parts }, {}], generationConfig: { thinkingConfig: {} } },
      });
    },
  );

  it.each(['messages', 'gemini'] as const)(
    '[API-1] /antigravity in front wants that platform: %s',
    async (client) => {
      const answer = await call('any', client, false, '/antigravity');
      expect([answer.status, sent()?.json]).toMatchObject([200, { userAgent: 'antigravity' }]);
      await call('any', client, false);
      expect(sent()?.json).not.toMatchObject({ userAgent: 'antigravity' });
      const refused = await call('google', client, false, '/antigravity');
      expect(refused.status).toBe(403);
    },
  );

  it('[API-7] only what the group’s scopes name may be asked for, or is listed', async () => {
    const ask = (model: string) => callWire(gateway, 'messages', { model, key: keyOf('scoped') });
    expect((await ask('claude-sonnet-4-5')).status).toBe(200);
    const refused = await ask(MODEL);
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('is not offered') as string } },
    ]);
    const models = await fetch(`${gateway}/antigravity/v1/models`, {
      headers: { authorization: `Bearer ${keyOf('scoped')}` },
    });
    expect((await models.text()).includes('gemini')).toBe(false);
  });

  it('[SEL-7] signatures that the upstream cannot read are taken out of a Gemini client’s own body', async () => {
    const error = { code: 400, message: 'Thought signature is not valid.', status: 'INVALID_ARGUMENT' };
    simulator.setScript((request) =>
      String(request.body).includes('sig-of-another')
        ? { status: 400, body: { error } }
        : answerEnveloped(request),
    );
    const model = { role: 'model', parts: [{ text: 'x', thoughtSignature: 'sig-of-another' }] };
    const contents = [
      { role: 'user', parts: [{ text: 'a' }] },
      model,
      { role: 'user', parts: [{ text: 'b' }] },
    ];
    const answer = await callWire(gateway, 'gemini', {
      model: MODEL,
      key: keyOf('gravity'),
      fields: { contents },
    });
    expect([answer.status, simulator.requests.length]).toEqual([200, 2]);
    expect(String(sent()?.body)).toContain('{"text":"x"');
  });

  it('[REQ-6] the upstream’s 400 in the caller’s words', async () => {
    const error = { code: 400, message: 'bad contents', status: 'INVALID_ARGUMENT' };
    simulator.setScript(() => ({ status: 400, body: [{ error }] }));
    const answer = await call('gravity', 'messages', false);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', message: 'bad contents' } },
    ]);
  });
});

function answerEnveloped({ path }: RecordedRequest): Script | null {
  return path.startsWith('/v1internal') ? buildEnveloped(path.includes('stream')) : null;
}

/** What Gemini says, each piece in the envelope. */
function buildEnveloped(stream: boolean): Script {
  const inner = buildToolScript('gemini', stream);
  if (inner.bytes === undefined) return { body: { response: inner.body, traceId: 't1' } };
  const text = inner.bytes
    .toString()
    .replaceAll(/^data: (.*)$/gmu, (_, json: string) => `data: {"response":${json},"traceId":"t1"}`);
  return { ...inner, bytes: Buffer.from(text) };
}

function buildAll(url: string): string {
  const group = { rate_multiplier: '1', rpm: 0, unpriced_models: 'allow' };
  const account = { base_url: url, api_key: 'token-1', kind: 'oauth' as const, project: 'our-project' };
  return buildConfig({
    groups: [
      { ...group, name: 'google', platform: 'gemini' },
      { ...group, name: 'gravity', platform: 'antigravity' },
      { ...group, name: 'scoped', platform: 'antigravity', supported_model_scopes: ['claude'] },
    ],
    accounts: [
      { ...account, name: 'g1', platform: 'gemini', groups: ['google'] },
      { ...account, name: 'a1', platform: 'antigravity', groups: ['gravity', 'scoped'] },
    ],
    users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
    keys: [
      ...['google', 'gravity', 'scoped'].map((name) => buildKey(name, [name])),
      buildKey('any', ['google', 'gravity']),
    ],
  });
}

function buildKey(name: string, groups: string[]): Record<string, unknown> {
  return { user: 'u@example.com', name, groups, key: keyOf(name) };
}
