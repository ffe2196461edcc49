import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as requestTls } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCertificate } from './create-certificate.ts';
import { sendRaw } from './raw-client.ts';
import { buildScriptKey, buildScriptUser, type Script } from './script.ts';
import { startBenchServer } from './start-bench-server.ts';
import { startSimulator, type Simulator } from './start-simulator.ts';

const BODY = {
  model: 'claude-sonnet-5-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'Grüß Gott 👋' }],
};
const STREAM = { ...BODY, stream: true };

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

function send(script: Script, body: object = STREAM) {
  return sendRaw({ port: simulator.port, body: { ...body, metadata: { user_id: buildScriptUser(script) } } });
}

function post(body: object, headers: Record<string, string> = {}) {
  return fetch(`${simulator.url}/v1/messages`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-any', ...headers },
    body: JSON.stringify(body),
  });
}

describe('the simulator, well behaved', () => {
  it('streams the events of the protocol in order, and the same message plain', async () => {
    const text = await (await post(STREAM)).text();
    const names = [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
    expect(names.slice(0, 4)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
    ]);
    expect(names.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    const deltas = [...text.matchAll(/"text_delta","text":(".*?")\}\}$/gm)].map((m) =>
      JSON.parse(m[1] ?? ''),
    );
    const plain = await (await post(BODY)).json();
    expect(deltas.join('')).toBe('You said: Grüß Gott 👋');
    expect(plain).toMatchObject({
      content: [{ type: 'text', text: 'You said: Grüß Gott 👋' }],
      stop_reason: 'end_turn',
      // 12 units in; 22 units out; 4 units a token.
      usage: { input_tokens: 3, output_tokens: 6, cache_read_input_tokens: 0 },
    });
    expect(text).toContain('"output_tokens":6');
  });

  it('calls a forced tool, stops at max_tokens, and counts marked text as read from the cache', async () => {
    const tools = [{ name: 'search', input_schema: { type: 'object' } }];
    const tool = await (await post({ ...BODY, tools, tool_choice: { type: 'any' } })).json();
    expect(tool).toMatchObject({
      content: [{ type: 'tool_use', name: 'search', input: { query: 'Grüß Gott 👋', limit: 3 } }],
      stop_reason: 'tool_use',
    });
    const cut = await (await post({ ...BODY, max_tokens: 2 })).json();
    expect(cut).toMatchObject({ content: [{ text: 'You said' }], stop_reason: 'max_tokens' });
    const system = [{ type: 'text', text: 'x'.repeat(400), cache_control: { type: 'ephemeral' } }];
    const cached = await (await post({ ...BODY, system })).json();
    expect(cached).toMatchObject({ usage: { input_tokens: 3, cache_read_input_tokens: 100 } });
  });

  it('counts tokens, lists models, and refuses what the provider refuses, in its shape', async () => {
    const headers = { 'anthropic-version': '2023-06-01', authorization: 'Bearer sk-any' };
    const count = await fetch(`${simulator.url}/v1/messages/count_tokens?beta=true`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'm', messages: BODY.messages }),
    });
    expect(await count.json()).toEqual({ input_tokens: 3 });
    const models = await (await fetch(`${simulator.url}/v1/models`, { headers })).json();
    expect(models).toMatchObject({ data: [{ id: 'claude-opus-5-5' }, {}, {}], has_more: false });

    const noKey = await fetch(`${simulator.url}/v1/messages`, { method: 'POST', body: '{}' });
    const error = { type: 'authentication_error', message: expect.any(String) };
    expect(noKey.status).toBe(401);
    expect(await noKey.json()).toEqual({ type: 'error', error, request_id: noKey.headers.get('request-id') });
    const cases = [
      [post({}), 400, 'model: Field required'],
      [post({ model: 'm', messages: [] }), 400, 'max_tokens: Field required'],
      [fetch(`${simulator.url}/v1/models`, { headers: { 'x-api-key': 'k' } }), 400, 'anthropic-version'],
      [fetch(`${simulator.url}/nothing`, { headers }), 404, 'Not Found'],
    ] as const;
    for (const [answer, status, text] of cases) {
      expect((await answer).status).toBe(status);
      expect(await (await answer).text()).toContain(text);
    }
  });

  it('streams only, as the hosts of ChatGPT accounts do', async () => {
    const ask = (fields: object) =>
      fetch(`${simulator.url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${buildScriptKey({ streamOnly: true })}` },
        body: JSON.stringify({ model: 'gpt-5', input: [{ role: 'user', content: 'Hi' }], ...fields }),
      });
    const good = { stream: true, store: false, instructions: '' };
    const wrong = [
      {},
      { ...good, store: true },
      { ...good, instructions: null },
      { ...good, temperature: 1 },
      { ...good, input: 'Hi' },
    ];
    for (const fields of wrong) {
      const answer = await ask(fields);
      expect([answer.status, await answer.json()]).toEqual([400, { detail: expect.any(String) as string }]);
    }
    const text = await (await ask(good)).text();
    const end: unknown = JSON.parse(text.slice(text.lastIndexOf('data: ') + 6));
    expect(end).toMatchObject({ type: 'response.completed', response: { output: [], usage: {} } });
    expect(text).toContain('response.output_item.done');
  });

  it('records what it saw, within its bound, and notices a client that leaves', async () => {
    const small = await startSimulator({ recordMax: 2 });
    for (const path of ['/a', '/b', '/c?d=e'])
      await sendRaw({ port: small.port, path, body: 'né', quietMs: 30 });
    expect(small.requests.map(({ path, body }) => [path, String(body)])).toEqual([
      ['/b', 'né'],
      ['/c?d=e', 'né'],
    ]);
    await small.stop();
    await send({ stallAfterEvents: 1 });
    await vi.waitFor(() => expect(simulator.requests[0]?.wasAborted).toBe(true));
  });
});

describe('scripts', () => {
  it('arrive by API key, bearer, user id, header and function; the function goes first', async () => {
    const key = buildScriptKey({ status: 529 });
    const headers = { 'anthropic-version': '2023-06-01', authorization: `Bearer ${key}` };
    const ways = [
      post(BODY, { 'x-api-key': key }),
      fetch(`${simulator.url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(BODY) }),
      post({ ...BODY, metadata: { user_id: buildScriptUser({ status: 529 }) } }),
      post(BODY, { 'x-sim': '{"status":529}' }),
    ];
    for (const way of ways) expect((await way).status).toBe(529);
    simulator.setScript(({ json }) =>
      json === undefined ? null : { status: 418, headers: { 'retry-after': '7' } },
    );
    const scripted = await post(BODY, { 'x-api-key': key });
    expect([scripted.status, scripted.headers.get('retry-after')]).toEqual([418, '7']);
  });

  it('fail the first few times only, counted for each script', async () => {
    const statuses: number[] = [];
    const key = buildScriptKey({ status: 503, failTimes: 2 });
    for (let tries = 0; tries < 4; tries += 1) statuses.push((await post(BODY, { 'x-api-key': key })).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
  });

  it('that are no scripts are told so', async () => {
    const answer = await post(BODY, { 'x-sim': '{broken' });
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('SyntaxError');
  });
});

describe('the simulator, misbehaving', () => {
  it('resets before the headers, and after so many bytes of the body', async () => {
    expect(await send({ resetBeforeHeaders: true })).toEqual({ bytes: Buffer.alloc(0), ending: 'reset' });
    const cut = await send({ resetAfterBytes: 5 });
    expect(cut.ending).toBe('reset');
    expect(String(cut.bytes)).toMatch(/\r\n\r\n5\r\nevent\r\n$/);
  });

  it('delays headers and events, stalls, and never closes', async () => {
    const late = await send({ delayHeadersMs: 400 });
    expect([late.bytes.length, late.ending]).toEqual([0, 'quiet']);
    const slow = await send({ delayEventsMs: 200 });
    expect(String(slow.bytes)).toContain('message_start');
    expect(String(slow.bytes)).not.toContain('content_block_start');
    const stalled = String((await send({ stallAfterEvents: 2 })).bytes);
    expect([stalled.includes('content_block_start'), stalled.includes('event: ping')]).toEqual([true, false]);
    const never = await send({ neverClose: true });
    expect([String(never.bytes).includes('message_stop'), never.ending]).toEqual([true, 'quiet']);
    expect(String(never.bytes)).not.toContain('\r\n0\r\n');
    expect(String((await send({})).bytes)).toMatch(/\r\n0\r\n\r\n$/);
  });

  it('sends an error inside a good stream: first, or after some events', async () => {
    const first = await (
      await post({ ...STREAM, metadata: { user_id: 'sim:{"errorEventAfter":0}' } })
    ).text();
    expect(first).toMatch(/^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/);
    const later = await (
      await post({ ...STREAM, metadata: { user_id: 'sim:{"errorEventAfter":4}' } })
    ).text();
    expect(later.match(/^event: .+$/gm)).toHaveLength(5);
    expect(later).not.toContain('message_stop');
  });

  it('sends one byte a chunk, so that characters are split, and giant events', async () => {
    const bytes = String((await send({ chunkBytes: 1 })).bytes);
    const chunks = bytes.slice(bytes.indexOf('\r\n\r\n') + 4).split('\r\n');
    expect(
      chunks
        .filter((_, index) => index % 2 === 0)
        .slice(0, -3)
        .every((size) => size === '1'),
    ).toBe(true);
    const giant = await (
      await post({ ...STREAM, metadata: { user_id: buildScriptUser({ giantEventBytes: 2e6 }) } })
    ).text();
    expect(Math.max(...giant.split('\n').map((line) => line.length))).toBeGreaterThan(2e6);
  });

  it('states a wrong content-length, too long and too short', async () => {
    for (const wrongContentLength of [10, -10]) {
      const { bytes, ending } = await send({ wrongContentLength }, BODY);
      const [head = '', body = ''] = String(bytes).split('\r\n\r\n');
      expect(Number(/content-length: (\d+)/.exec(head)?.[1])).toBe(
        Buffer.byteLength(body) + wrongContentLength,
      );
      expect(ending).toBe('end');
    }
  });

  it('goes on for ever until the client leaves, and closes a kept-alive connection', async () => {
    const stream = await post(STREAM, { 'x-sim': '{"endless":true}' });
    let bytes = 0;
    for await (const chunk of stream.body ?? []) {
      bytes += chunk.length;
      if (bytes > 5_000) break;
    }
    expect(bytes).toBeGreaterThan(5_000);
    await vi.waitFor(() => expect(simulator.requests[0]?.wasAborted).toBe(true));
    const closed = await send({ closeIdle: true }, BODY);
    expect(closed.ending).toBe('end');
    expect(String(closed.bytes).toLowerCase()).toContain('connection: keep-alive');
  });

  it('answers garbage: a page, noise in a good frame, noise instead of HTTP', async () => {
    expect(String((await send({ garbage: 'html' })).bytes)).toContain('<!DOCTYPE html>');
    expect(String((await send({ garbage: 'random' })).bytes)).toContain('content-length: 512');
    const noise = await send({ garbage: 'not-http' });
    expect([noise.bytes.length, noise.ending]).toEqual([512, 'end']);
  });

  it('replays given bytes with their status and headers, and given bodies', async () => {
    const bytes = Buffer.from('event: ping\ndata: {"type":"ping"}\n\n');
    simulator.setScript(() => ({ bytes, status: 203, headers: { 'request-id': 'req_recorded' } }));
    const replayed = await post(STREAM);
    expect([replayed.status, replayed.headers.get('request-id')]).toEqual([203, 'req_recorded']);
    expect(await replayed.text()).toBe(String(bytes));
    const user_id = buildScriptUser({ bytesBase64: bytes.toString('base64') });
    simulator.setScript(null);
    expect(await (await post({ ...BODY, metadata: { user_id } })).text()).toBe(String(bytes));
    expect(await (await post(BODY, { 'x-sim': '{"status":402,"body":{"a":1}}' })).json()).toEqual({ a: 1 });
  });
});

describe('other ways to run it', () => {
  it('serves TLS with a certificate made on the spot', async () => {
    const tls = createCertificate(Date.now());
    const secure = await startSimulator({ tls });
    const request = requestTls(`${secure.url}/v1/models`, {
      ca: tls.cert,
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    }).end();
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    await secure.stop();
  });

  it('runs as a process of its own', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--fast', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const url = /^simulator ready url=(\S+)\n$/.exec(String(line))?.[1];
    expect((await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' })).status).toBe(200);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('answers from prepared bytes, pipelined or in pieces', async () => {
    const bench = await startBenchServer();
    const fast = await post(STREAM, { 'x-sim': '{"fast":true}' });
    const stream = await fetch(bench.url, { method: 'POST', body: JSON.stringify(STREAM) });
    expect(await stream.text()).toBe(await fast.text());
    const one = 'POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}';
    const raw = await sendRaw({ port: bench.port, body: `{}${one}`, headers: { 'content-length': '2' } });
    expect(String(raw.bytes).match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    await bench.stop();
  });
});
