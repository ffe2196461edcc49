import { createConformanceChecker } from '@tollgate/protocol';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearAccountMemory } from '../harness/clear-account-memory.ts';
import { buildConfig, type TestAccount } from '../harness/config.ts';
import { readAnswer } from '../harness/read-answer.ts';
import { ARGUMENTS, BILLED, buildToolScript, SAID } from '../harness/tool-answers.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { waitForUsage } from '../harness/usage.ts';
import { callWire, READ_TOOL, WIRE, WIRE_MODELS, type Wire } from '../harness/wire-client.ts';

const PLATFORMS = { messages: 'anthropic', chat: 'openai', responses: 'openai', gemini: 'gemini' } as const;
const PATHS = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  gemini: '/v1beta/models/',
} as const;
/** How a client's protocol says that a tool is to be called, and that all was said. */
const FINISH = {
  messages: ['tool_use', 'end_turn'],
  chat: ['tool_calls', 'stop'],
  responses: ['completed', 'completed'],
  gemini: ['STOP', 'STOP'],
} as const;
const keyOf = (protocol: Wire) => `sk-up-is-${protocol}-0123456789`;
const LONG = 'a long text '.repeat(20);

const PAIRS = WIRE.flatMap((client) => WIRE.filter((up) => up !== client).map((up) => [client, up] as const));
const EACH = PAIRS.flatMap(([client, up]) => [[client, up, false] as const, [client, up, true] as const]);

/** API-3: each protocol to an account of each other, with two accounts that fail over to each other. */
describe('translation', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator({ isStrict: true });
    topology = await startTopology('embedded', buildAll(simulator.url), {
      TOLLGATE_STREAM_CHECK_PERCENT: '100',
    });
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

  const call = (client: Wire, upstream: Wire, stream: boolean, fields: Record<string, unknown> = {}) =>
    callWire(gateway, client, { stream, model: WIRE_MODELS[upstream], key: keyOf(upstream), fields });
  const readRows = async (answer: Response) =>
    waitForUsage(topology, answer.headers.get('x-request-id') ?? '');
  const sent = () => simulator.requests.at(-1);
  const listProblems = (client: Wire, text: string) => {
    const checker = createConformanceChecker(client, { includesUsage: false });
    checker.push(Buffer.from(text));
    checker.end();
    return checker.problems;
  };

  it.each(EACH)('[API-3] [MON-8] %s to %s, streamed %s: text', async (client, upstream, stream) => {
    simulator.setScript(() => ({ text: 'Grüße, "you"\n' }));
    const answer = await call(client, upstream, stream);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, expect.any(String)]);
    expect(readAnswer(client, text, stream)).toEqual({
      text: 'Grüße, "you"\n',
      tools: [],
      finish: FINISH[client][1],
    });
    if (stream) expect(listProblems(client, text)).toEqual([]);
    expect(answer.headers.get('content-type')).toContain(stream ? 'text/event-stream' : 'application/json');
    expect([sent()?.path.startsWith(PATHS[upstream]), JSON.stringify(sent()?.rawHeaders)]).toEqual([
      true,
      expect.not.stringContaining(keyOf(upstream)) as string,
    ]);
    const rows = await readRows(answer);
    expect(rows).toMatchObject([
      { state: 'settled', protocol: client, stream, model: WIRE_MODELS[upstream], output_tokens: 4 },
    ]);
  });

  it.each(EACH)('[API-3] [MON-3] %s to %s, streamed %s: a tool', async (client, upstream, stream) => {
    simulator.setScript(() => buildToolScript(upstream, stream));
    const answer = await call(client, upstream, stream, READ_TOOL[client]);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, expect.any(String)]);
    expect(readAnswer(client, text, stream)).toEqual({
      text: SAID,
      tools: [{ name: 'read_file', input: ARGUMENTS }],
      finish: FINISH[client][0],
    });
    if (stream) expect(listProblems(client, text)).toEqual([]);
    expect(JSON.stringify(sent()?.json)).toContain('read_file');
    const native = await call(upstream, upstream, stream, READ_TOOL[upstream]);
    await native.text();
    const [[row], [same]] = [await readRows(answer), await readRows(native)];
    expect(row).toMatchObject({ state: 'settled', ...BILLED, actual_cost_usd: same?.actual_cost_usd });
    expect(Number(row?.actual_cost_usd)).toBeGreaterThan(0);
  });

  it.each(PAIRS)('[REQ-2] %s to %s: a stream that is cut is no success', async (client, upstream) => {
    simulator.setScript(() => ({ resetAfterEvents: 6, text: LONG, delayEventsMs: 5 }));
    const answer = await call(client, upstream, true);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expectError(client, text, 'broke off');
    expect(await readRows(answer)).toMatchObject([
      { state: 'failed', actual_cost_usd: expect.stringMatching(/^0/) as string },
    ]);
  });

  it.each(PAIRS)('[REQ-2] %s to %s: the upstream’s error event in a stream', async (client, upstream) => {
    simulator.setScript(() => ({ errorEventAfter: 6, text: LONG }));
    const answer = await call(client, upstream, true);
    expectError(client, await answer.text(), 'The upstream');
    expect(await readRows(answer)).toMatchObject([{ state: 'failed' }]);
  });

  it.each(PAIRS)('[SEL-5] %s to %s: the second account, and one clean answer', async (client, upstream) => {
    const isFirst = (headers: object) => JSON.stringify(headers).includes('sk-up-1');
    for (const script of [{ status: 503 }, { errorEventAfter: 0 }, { resetBeforeHeaders: true }]) {
      simulator.setScript(({ headers }) => (isFirst(headers) ? script : { text: 'hello' }));
      const answer = await call(client, upstream, true);
      const text = await answer.text();
      expect([answer.status, answer.headers.get('x-tollgate-attempts')]).toEqual([200, '2']);
      expect(readAnswer(client, text, true).text).toBe('hello');
      await clearAccountMemory(topology.admin);
    }
  });

  it.each(PAIRS)('[REQ-6] %s to %s: the upstream’s 400 in the caller’s words', async (client, upstream) => {
    simulator.setScript(() => ({ status: 400 }));
    const answer = await call(client, upstream, false);
    const body: unknown = await answer.json();
    expect([answer.status, body]).toMatchObject([
      400,
      {
        error: {
          message: 'The simulator was told to fail.',
          ...(client === 'gemini' ? { status: 'INVALID_ARGUMENT' } : { type: 'invalid_request_error' }),
        },
      },
    ]);
    expect(simulator.requests).toHaveLength(1);
  });

  it.each(PAIRS)('[API-3] %s to %s: a large request is translated off the loop', async (client, upstream) => {
    const text = 'x'.repeat(300_000);
    simulator.setScript(() => ({ text: 'ok' }));
    const fields = { ...buildTurns(client, text) };
    const answer = await call(client, upstream, false, fields);
    expect(readAnswer(client, await answer.text(), false).text).toBe('ok');
    expect(JSON.stringify(sent()?.json)).toContain(text);
  });

  it('[API-3] the gateway’s own checks found nothing in any of these streams', () => {
    const told = topology.processes.map((process) => process.stderr()).join('');
    expect(told).not.toContain('a stream was not as its protocol demands');
  });
});

/** An error of the caller's protocol as the last event, and nothing behind it that looks like an end. */
function expectError(client: Wire, text: string, message: string): void {
  const events = text.split(/\r?\n\r?\n/u).filter((event) => event !== '');
  const last = events.at(-1) ?? '';
  expect(JSON.parse(last.slice(last.indexOf('{')))).toMatchObject(
    client === 'responses'
      ? {
          type: 'response.failed',
          response: { error: { message: expect.stringContaining(message) as string } },
        }
      : { error: { message: expect.stringContaining(message) as string } },
  );
  expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finish_reason":"|"finishReason"/u);
}

function buildTurns(client: Wire, text: string): Record<string, unknown> {
  if (client === 'gemini') return { contents: [{ role: 'user', parts: [{ text }] }] };
  return client === 'responses' ? { input: text } : { messages: [{ role: 'user', content: text }] };
}

/** One group an upstream protocol, with two accounts. */
function buildAll(url: string): string {
  const accounts = WIRE.flatMap((protocol) => [
    buildAccount(url, protocol, 1),
    buildAccount(url, protocol, 2),
  ]);
  return buildConfig({
    groups: WIRE.map((name) => ({ name, platform: PLATFORMS[name], rate_multiplier: '1.0', rpm: 0 })),
    accounts,
    users: [{ email: 'u@example.com', balance: '1000.00', concurrency: 50, rpm: 0 }],
    keys: WIRE.map((name) => ({ user: 'u@example.com', name, groups: [name], key: keyOf(name) })),
  });
}

function buildAccount(url: string, protocol: Wire, priority: number): TestAccount {
  const platform = PLATFORMS[protocol];
  return {
    name: `${protocol}-${priority}`,
    platform,
    base_url: url,
    api_key: `sk-up-${priority}`,
    priority,
    groups: [protocol],
    ...(platform === 'openai' && { upstream_protocol: protocol }),
  };
}
