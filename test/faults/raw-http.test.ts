import { once } from 'node:events';
import type { Socket } from 'node:net';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, KEY } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { buildRequest, exchangeRaw, openRaw } from '../harness/raw-http.ts';
import { expectSlotsBack } from '../harness/slots.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { listUsage } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const BODY = buildMessage();
const HEADERS = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' };
const GOOD = buildRequest('/v1/messages', HEADERS, BODY);
const SMUGGLED = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
const lines = (...rows: string[]) => `${rows.join('\r\n')}\r\n`;
const POST = ['POST /v1/messages HTTP/1.1', 'host: x', `x-api-key: ${KEY}`, 'anthropic-version: 2023-06-01'];

/** Broken HTTP on connections that have served a good request, and other ways of talking than one by one. */
describe('the bytes of a connection', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({
        accounts: [{ name: 'a1', base_url: simulator.url, concurrency: 1 }],
        users: [{ email: 'u@example.com', balance: '10.00', concurrency: 1, rpm: 0 }],
      }),
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterAll(async () => {
    await expectLedgerExact(topology.admin);
    expect(await topology.stop()).toEqual([0]);
    await simulator.stop();
  });
  beforeEach(() => simulator.reset());

  /** One good exchange, then `bytes` on the same connection; all that came after the good answer. */
  async function sendAfterGood(bytes: string | Buffer): Promise<string> {
    const socket = await openRaw(gateway);
    const read = collect(socket);
    socket.write(GOOD);
    await waitUntil('the good answer', () => /^HTTP\/1\.1 200 [^]*"stop_reason":[^]*\}$/.test(read()));
    const good = read().length;
    socket.write(bytes);
    await once(socket, 'close');
    return read().slice(good);
  }

  it.each([
    [
      'both lengths',
      lines(...POST, `content-length: ${BODY.length}`, 'transfer-encoding: chunked', '') + BODY,
    ],
    ['two lengths', lines(...POST, `content-length: ${BODY.length}`, 'content-length: 0', '') + BODY],
    ['a negative length', lines(...POST, 'content-length: -1', '')],
    ['a chunk size that is no number', lines(...POST, 'transfer-encoding: chunked', '', 'zz', BODY, '0', '')],
    ['a chunk size that overflows', lines(...POST, 'transfer-encoding: chunked', '', 'f'.repeat(17), BODY)],
    ['a folded header', lines(...POST, 'x-a: b', ' c', `content-length: ${BODY.length}`, '') + BODY],
    ['a bare line feed', `${POST.join('\n')}\ncontent-length: ${BODY.length}\n\n${BODY}`],
    ['another coding', lines(...POST, 'transfer-encoding: xchunked', '', '0', '')],
    ['a NUL in a value', lines(...POST, 'x-a: b\0c', 'content-length: 0', '')],
  ])('smuggling on a kept-alive connection: %s ends it, nothing is smuggled', async (_, bytes) => {
    const rest = await sendAfterGood(bytes + SMUGGLED);
    expect(rest).not.toContain('HTTP/1.1 200');
    expect(rest).not.toContain('"status":"ok"');
    expect(simulator.requests).toHaveLength(1);
    await expectSlotsBack(gateway);
  });

  it('a body that is shorter than it says swallows what follows: one request, and no second', async () => {
    const request = lines(...POST, `content-length: ${BODY.length + SMUGGLED.length}`, '') + BODY + SMUGGLED;
    const answer = (await exchangeRaw(gateway, request)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('"status":"ok"');
    expect(simulator.requests).toEqual([]);
  });

  it('pipelined requests that need no waiting are answered in order', async () => {
    const paths = ['/health', '/v1/nothing', '/ready'];
    const bytes = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join('');
    const answers = (await exchangeRaw(gateway, bytes)).toString().match(/HTTP\/1\.1 \d+/g);
    expect(answers).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  it('two model calls in one write: the connection is cut, nothing is answered, and no output is billed', async () => {
    // The first may be on its way to the upstream before the second is seen.
    simulator.setScript(() => ({ delayHeadersMs: 20_000 }));
    expect((await exchangeRaw(gateway, Buffer.concat([GOOD, GOOD]))).toString()).toBe('');
    await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
    const asked = simulator.requests.length;
    expect(asked).toBeLessThanOrEqual(1);
    simulator.setScript(null);
    await expectSlotsBack(gateway);
    await waitUntil('what was asked has a row', async () => (await listUsage(topology)).length >= asked);
    const left = (await listUsage(topology)).filter(({ status }) => status === 499);
    expect(left.every((row) => row.output_tokens === 0)).toBe(true);
  });

  it('[MON-7] a second call while the first runs cuts both: the upstream is let go, the row says 499', async () => {
    simulator.setScript(() => ({ delayHeadersMs: 20_000 }));
    const socket = await openRaw(gateway);
    const read = collect(socket);
    socket.write(GOOD);
    await waitUntil('the first call runs', () => simulator.openRequests === 1);
    socket.write(GOOD);
    await once(socket, 'close');
    expect(read()).toBe('');
    await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
    expect(simulator.requests).toHaveLength(1);
    simulator.setScript(null);
    await expectSlotsBack(gateway);
    // A client that leaves a plain answer pays for its input, by estimate: somebody worked on it.
    await waitUntil('the row is there', async () =>
      (await listUsage(topology)).some(({ status, state }) => status === 499 && state === 'estimated'),
    );
  });

  it.each([
    ['HTTP/1.0', GOOD.toString().replace('HTTP/1.1', 'HTTP/1.0')],
    ['HTTP/0.9', 'GET /health\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
  ])('%s is a 505 and the end of the connection', async (_, bytes) => {
    const answer = (await exchangeRaw(gateway, bytes)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 505 /);
    expect(answer).toMatch(/connection: close/i);
    expect(simulator.requests).toEqual([]);
  });
});

/** What has come until now, as text. */
function collect(socket: Socket): () => string {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
