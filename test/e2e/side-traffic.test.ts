import { request as httpRequest } from 'node:http';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, MODEL, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { exchangeRaw } from '../harness/raw-http.ts';
import { startTopology, TOPOLOGIES, type Topology } from '../harness/topology.ts';
import { listUsage, readBalance, waitForUsage } from '../harness/usage.ts';

const SECRET = 'only-the-user-knows-this';
const BODY_BYTES_MAX = 1_000_000;

/** What official clients ask beside their calls. */
describe.each(TOPOLOGIES)('side traffic, %s', (name) => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      name,
      buildConfig({
        accounts: [{ name: 'a1', base_url: simulator.url, concurrency: 1 }],
        users: [{ email: 'u@example.com', balance: '10.00', concurrency: 1, rpm: 0 }],
      }),
      { TOLLGATE_BODY_BYTES_MAX: String(BODY_BYTES_MAX), TOLLGATE_LOG_LEVEL: 'debug' },
    );
    gateway = topology.gateways.at(-1) ?? '';
  });
  afterAll(async () => {
    await topology.stop();
    await simulator.stop();
  });

  it.each(['/', '/api/hello'])('[API-8] HEAD and GET %s say that somebody is there', async (path) => {
    for (const method of ['HEAD', 'GET']) {
      const answer = await fetch(gateway + path, { method });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe(method === 'HEAD' ? '' : '{"message":"hello"}');
    }
    expect(simulator.requests).toEqual([]);
  });

  it('[API-8] telemetry is taken, never billed, never logged, never passed on', async () => {
    const events = JSON.stringify({ events: Array.from({ length: 2_000 }, () => ({ prompt: SECRET })) });
    for (const path of ['/api/event_logging/batch', '/api/event_logging/v2/batch']) {
      for (const headers of [{}, { 'x-api-key': KEY }, { authorization: 'Bearer sk-nobody' }]) {
        const answer = await fetch(gateway + path, { method: 'POST', body: events, headers });
        expect([answer.status, await answer.text()]).toEqual([200, '{}']);
      }
    }
    expect(await postGarbage('/api/event_logging/batch', '\0{', gateway)).toBe(200);
    expect(await postGarbage('/api/event_logging/batch', '', gateway)).toBe(200);
    expect(simulator.requests).toEqual([]);
    expect(await listUsage(topology)).toEqual([]);
    expect(topology.processes.map(({ stderr }) => stderr()).join('')).not.toContain(SECRET);
  });

  it('[API-8] [REQ-4] telemetry over the limit of bodies is a 413', async () => {
    expect(await postGarbage('/api/event_logging/batch', 'x'.repeat(BODY_BYTES_MAX + 1), gateway)).toBe(413);
  });

  it('[API-8] Codex’s WebSocket is told at once to take HTTP, before anybody looks at its key', async () => {
    const answer = await exchangeRaw(
      gateway,
      [
        'GET /v1/responses HTTP/1.1',
        'host: gateway',
        'connection: Upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        'openai-beta: responses_websockets=2026-02-06',
        '\r\n',
      ].join('\r\n'),
    );
    const [head = '', body = ''] = answer.toString().split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(head.toLowerCase()).toContain('upgrade: http/1.1\r\nconnection: upgrade');
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('[API-8] a WebSocket client gets the 426 as an answer, and its HTTP goes on as ever', async () => {
    await expect(askForWebSocket(gateway)).resolves.toBe(426);
    expect((await postMessages(gateway)).status).toBe(200);
  });

  it.each([
    ['/v1/messages', 'POST'],
    ['/v1/responses', 'POST'],
    ['/v1/models', 'GET, HEAD'],
    ['/', 'GET, HEAD'],
  ])('[REQ-4] a wrong method of %s is told the right one', async (path, allow) => {
    const answer = await fetch(gateway + path, { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    await answer.text();
  });

  it('[API-8] Claude Code’s quota probe passes byte by byte, with its query', async () => {
    const probe = `{"model":"${MODEL}","max_tokens":1,"messages":[{"role":"user","content":"quota"}],"metadata":{"user_id":"u"}}`;
    const answer = await fetch(`${gateway}/v1/messages?beta=true`, {
      method: 'POST',
      body: probe,
      headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { stop_reason: 'max_tokens' }]);
    const sent = simulator.requests.at(-1);
    expect([sent?.path, sent?.body.toString()]).toEqual(['/v1/messages?beta=true', probe]);
  });

  it('[API-5] a storm of 26 counts passes at once, though user and account have one slot', async () => {
    const running = await postMessages(gateway);
    await running.text();
    await waitForUsage(topology, running.headers.get('x-request-id') ?? '');
    const before = await readBalance(topology);
    simulator.setScript(({ path }) =>
      path.includes('count_tokens') ? { delayHeadersMs: 300 } : { endless: true, delayEventsMs: 20 },
    );
    // Both slots are taken, for as long as it streams.
    const leaving = new AbortController();
    const streaming = await postMessages(
      gateway,
      buildMessage({ stream: true }),
      {},
      { signal: leaving.signal },
    );
    const counts = await Promise.all(Array.from({ length: 26 }, () => postCount(gateway)));
    expect(counts.map(({ status }) => status)).toEqual(counts.map(() => 200));
    expect(new Set(counts.map(({ tokens }) => tokens)).size).toBe(1);
    expect(await readBalance(topology)).toBe(before);
    leaving.abort();
    await streaming.text().catch(() => '');
    simulator.reset();
  });
});

async function postGarbage(path: string, body: string, gateway: string): Promise<number> {
  const answer = await fetch(gateway + path, { method: 'POST', body });
  await answer.text();
  return answer.status;
}

async function postCount(gateway: string): Promise<{ status: number; tokens: number }> {
  const answer = await fetch(`${gateway}/v1/messages/count_tokens?beta=true`, {
    method: 'POST',
    body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'foo' }] }),
    headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
  });
  const { input_tokens } = (await answer.json()) as { input_tokens: number };
  return { status: answer.status, tokens: input_tokens };
}

/** The status that Node’s own client sees, which would wait for ever for a half-spoken upgrade. */
function askForWebSocket(gateway: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${gateway}/v1/responses`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    request.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
    request.on('error', reject);
    request.end();
  });
}
