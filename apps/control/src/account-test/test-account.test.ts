import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountTestStep, AccountTestTarget } from '@tollgate/api/server';
import { createOutboundPolicy } from '@tollgate/outbound';
import {
  buildScriptKey,
  createCertificate,
  findFreePort,
  startConnectProxy,
  startDnsServer,
  startSimulator,
  startSocksProxy,
  type Script,
  type Simulator,
} from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAccountTester, type AccountTesterOptions } from './test-account.ts';

const policy = createOutboundPolicy({ allow: ['127.0.0.1'] });
const PASSED = ['resolve', 'guard', 'connect', 'request', 'status', 'first-token', 'usage'];
const SECRET = 'sk-ant-planted-0123456789';
/** For what takes too long; long enough for the steps before it on a busy machine. */
const SHORT_MS = 2_000;
let simulator: Simulator;
const servers: Server[] = [];
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());
afterEach(async () => {
  simulator.reset();
  simulator.setScript(null);
  for (const server of servers.splice(0)) server.close();
});

const target = (changes: Partial<AccountTestTarget> = {}): AccountTestTarget => ({
  platform: 'anthropic',
  kind: 'api-key',
  baseUrl: simulator.url,
  credentials: { api_key: SECRET },
  proxyUrl: null,
  pinnedHeaders: {},
  model: 'claude-haiku-4-5',
  openAiProtocol: null,
  ...changes,
});

async function run(
  changes: Partial<AccountTestTarget> = {},
  options: Partial<AccountTesterOptions> & { signal?: AbortSignal } = {},
): Promise<AccountTestStep[]> {
  const { signal = new AbortController().signal, ...rest } = options;
  const test = createAccountTester({ policy, stepTimeoutMs: 10_000, ...rest });
  const steps: AccountTestStep[] = [];
  for await (const step of test(target(changes), signal)) steps.push(step);
  return steps;
}

const names = (steps: AccountTestStep[]) => steps.map(({ step }) => step);
const last = (steps: AccountTestStep[]) => steps.at(-1);

async function listen(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('[ACC-8] a test of an account', () => {
  it.each([
    ['anthropic', {}, '/v1/messages', 'x-api-key'],
    ['openai', { openAiProtocol: null }, '/v1/chat/completions', 'authorization'],
    ['openai', { openAiProtocol: 'responses' as const }, '/v1/responses', 'authorization'],
    [
      'gemini',
      { model: 'gemini-3.5-flash' },
      '/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse',
      'x-goog-api-key',
    ],
  ] as const)('[ACC-8] %s %o goes through all steps', async (platform, changes, path, header) => {
    const steps = await run({ platform, ...changes });
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(names(steps)).toEqual(PASSED);
    expect(last(steps)?.detail).toMatch(/^\d+ input, \d+ output tokens$/u);
    expect(steps.every(({ ms }) => ms >= 0)).toBe(true);
    const [request] = simulator.requests;
    expect(request?.path).toBe(path);
    expect(String(request?.headers[header])).toContain(SECRET);
    expect(JSON.stringify(steps)).not.toContain(SECRET);
  });

  it('[ACC-9] sends the pinned headers, and a token with its flag', async () => {
    const steps = await run({
      kind: 'oauth',
      credentials: { access_token: SECRET, refresh_token: 'refresh-planted' },
      pinnedHeaders: { 'anthropic-beta': 'one', 'user-agent': 'ours/1' },
    });
    expect(last(steps)?.step).toBe('usage');
    expect(simulator.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'anthropic-beta': 'one,oauth-2025-04-20',
      'user-agent': 'ours/1',
    });
  });

  it('[ACC-7] goes through a proxy of each kind, and says so', async () => {
    await using http = await startConnectProxy({ credentials: { username: 'u', password: 'planted pw' } });
    await using socks = await startSocksProxy();
    for (const proxyUrl of [http.buildUrl('u:planted%20pw'), socks.url]) {
      const steps = await run({ proxyUrl });
      expect(names(steps)).toEqual(['resolve', 'guard', 'connect', 'proxy', ...PASSED.slice(3)]);
      expect(JSON.stringify(steps)).not.toContain('planted');
    }
    expect(last(await run({ proxyUrl: http.buildUrl('u:wrong') }))).toMatchObject({
      step: 'proxy',
      outcome: 'failed',
      detail: 'the proxy answered CONNECT with 407',
    });
  });

  it('speaks TLS, and tells what is wrong with a certificate', async () => {
    const tls = createCertificate(Date.now());
    const secure = await startSimulator({ tls });
    const steps = await run({ baseUrl: secure.url }, { ca: tls.cert });
    expect(names(steps)).toEqual([...PASSED.slice(0, 3), 'tls', ...PASSED.slice(3)]);
    expect(steps[3]?.detail).toBe('TLSv1.3');
    expect(last(await run({ baseUrl: secure.url }))).toMatchObject({
      step: 'tls',
      outcome: 'failed',
      detail: 'its certificate is self-signed',
    });
    await secure.stop();
  });

  it.each([
    [{ status: 401 }, 'status', /^401: authentication_error: /u],
    [{ status: 403 }, 'status', /^403: permission_error: /u],
    [{ status: 429 }, 'status', /^429: rate_limit_error: /u],
    [{ status: 529 }, 'status', /^529: overloaded_error: /u],
    [
      { status: 302, headers: { location: 'http://127.0.0.2/' }, body: '' },
      'status',
      /redirect, which is never followed/u,
    ],
    [{ garbage: 'html' }, 'first-token', /no stream of this API/u],
    [{ garbage: 'not-http' }, 'status', /no HTTP/u],
    [{ errorEventAfter: 0 }, 'first-token', /^an error in the stream: overloaded_error: /u],
    [{ resetBeforeHeaders: true }, 'status', /was cut/u],
    [{ stallAfterEvents: 1 }, 'first-token', /took too long/u],
    [{ endless: true, delayEventsMs: 20 }, 'usage', /took too long/u],
    [{ delayHeadersMs: 5_000 }, 'status', /took too long/u],
    [{ chunkBytes: 1 }, 'usage', /output tokens$/u],
  ] satisfies [Script, string, RegExp][])('[ACC-8] %o ends at %s', async (script, step, detail) => {
    const steps = await run(
      { credentials: { api_key: buildScriptKey(script) } },
      { stepTimeoutMs: String(detail).includes('too long') ? SHORT_MS : 10_000 },
    );
    expect(last(steps)).toMatchObject({ step, detail: expect.stringMatching(detail) });
    expect(steps.slice(0, -1).every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('[ACC-8] shows no credential that an upstream quotes, whole or shortened', async () => {
    const message = `Incorrect API key provided: ${SECRET}, sk-proj-abc***def, Bearer abcdefghijkl`;
    simulator.setScript(() => ({
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: { type: 'error', error: { type: 'authentication_error', message } },
    }));
    const steps = await run();
    expect(last(steps)?.detail).toContain('[hidden]');
    expect(JSON.stringify(steps)).not.toMatch(/planted|sk-proj|abcdefghijkl/u);
  });

  it('[ACC-8] a port where nobody listens, and one that only holds the socket', async () => {
    const refused = await run({ baseUrl: `http://127.0.0.1:${await findFreePort()}` });
    expect(last(refused)).toMatchObject({ step: 'connect', detail: 'the connection was refused' });
    const silent = await listen(() => {});
    expect(last(await run({ baseUrl: `https://${silent}` }, { stepTimeoutMs: SHORT_MS }))).toMatchObject({
      step: 'tls',
      detail: 'it took too long',
    });
  });

  it('[OPS-6] a private address, literal or resolved, is told by the guard and never dialled', async () => {
    await using dns = await startDnsServer();
    dns.set('inner.test', [['127.0.0.2']]);
    const guarded = { step: 'guard', outcome: 'failed', detail: expect.stringContaining('private address') };
    const { port } = simulator;
    for (const host of ['127.0.0.2', '[::1]', 'inner.test']) {
      expect(
        last(await run({ baseUrl: `http://${host}:${port}` }, { resolveAll: dns.lookupAll })),
      ).toMatchObject(guarded);
    }
    expect(last(await run({ baseUrl: 'http://unknown.test' }, { resolveAll: dns.lookupAll }))).toMatchObject({
      step: 'resolve',
      detail: 'there is no such host',
    });
    await using proxy = await startConnectProxy();
    expect(
      last(
        await run(
          { baseUrl: 'http://localhost.:1', proxyUrl: proxy.url },
          { policy: createOutboundPolicy({ allow: ['127.0.0.2'] }) },
        ),
      ),
    ).toMatchObject(guarded);
    expect([simulator.requests, proxy.connections]).toEqual([[], 0]);
  });

  it('[OPS-6] dials the address that was judged, though the name says another by then', async () => {
    await using dns = await startDnsServer();
    dns.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
    const steps = await run(
      { baseUrl: `http://rebind.test:${simulator.port}` },
      { resolveAll: dns.lookupAll },
    );
    expect(last(steps)?.step).toBe('usage');
    expect(dns.asked).toEqual(['rebind.test']);
    expect(simulator.requests[0]?.headers.host).toBe(`rebind.test:${simulator.port}`);
  });

  it('[ACC-8] leaves at once when nobody wants to know, in any step, and leaves no connection behind', async () => {
    const leaving = new AbortController();
    const stalled = run(
      { credentials: { api_key: buildScriptKey({ stallAfterEvents: 1 }) } },
      { signal: leaving.signal },
    );
    await expect.poll(() => simulator.openRequests).toBe(1);
    leaving.abort();
    expect(last(await stalled)).toMatchObject({
      step: 'first-token',
      outcome: 'failed',
      detail: 'cancelled',
    });
    await expect.poll(() => simulator.openRequests).toBe(0);
    expect(await run({}, { signal: leaving.signal })).toMatchObject([
      { step: 'resolve', detail: 'cancelled' },
    ]);
  });

  it('a caller that stops reading in the middle leaves no connection behind, with TLS neither', async () => {
    const tls = createCertificate(Date.now());
    const secure = await startSimulator({ tls });
    for (const [baseUrl, upTo] of [
      [simulator.url, 'connect'],
      [secure.url, 'tls'],
      [simulator.url, 'status'],
    ] as const) {
      const sockets = new Set<Socket>();
      const port = Number(new URL(baseUrl).port);
      const via = await listen((socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        void import('node:net').then(({ connect }) =>
          socket.pipe(connect(port, '127.0.0.1').on('error', () => {})).pipe(socket),
        );
      });
      const test = createAccountTester({ policy, stepTimeoutMs: 2_000, ca: tls.cert });
      for await (const { step } of test(
        target({ baseUrl: `${new URL(baseUrl).protocol}//${via}` }),
        new AbortController().signal,
      )) {
        if (step === upTo) break;
      }
      await sleep(10);
      await expect.poll(() => sockets.size).toBe(0);
    }
    await secure.stop();
  });
});
