import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { buildRequest, exchangeRaw } from '../harness/raw-http.ts';
import { startTopology, type Topology } from '../harness/topology.ts';
import { listUsage } from '../harness/usage.ts';

/** Garbage at the front door: a clear refusal, nothing upstream, nothing in the ledger, the gateway goes on. */
describe('bad input', () => {
  let simulator: Simulator;
  let topology: Topology;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    topology = await startTopology(
      'embedded',
      buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }),
    );
    gateway = topology.gateways[0] ?? '';
  });
  afterAll(async () => {
    // Not one of the refused requests has reached the upstream or the ledger; slots are back: one request passes.
    expect(simulator.requests).toHaveLength(0);
    expect(await listUsage(topology)).toEqual([]);
    expect((await postMessages(gateway)).status).toBe(200);
    await topology.stop();
    await simulator.stop();
  });

  it.each([
    ['an empty body', '', /empty/],
    ['broken JSON', '{"model":"claude-sonnet-4-5","messages":[', /JSON/],
    ['JSON that is no object', '[]', /object/],
    ['no model', '{"max_tokens":5,"messages":[]}', /model/],
    ['a model that is a number', '{"model":5,"messages":[]}', /model/],
    ['an empty model', '{"model":"","messages":[]}', /model/],
    ['a stream flag that is text', buildMessage({ stream: 'yes' }), /stream/],
    ['negative max_tokens', buildMessage({ max_tokens: -1 }), /max_tokens/],
    ['messages that are text', buildMessage({ messages: 'hello' }), /messages/],
    ['trailing garbage', `${buildMessage()}x`, /JSON/],
    [
      'text that is not UTF-8',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      /UTF-8/,
    ],
  ])('[REQ-4] %s is a 400 that names it', async (_, body, message) => {
    const answer = await postMessages(gateway, typeof body === 'string' ? body : new Uint8Array(body));
    expect(answer.status).toBe(400);
    const error = (await answer.json()) as { error: { type: string; message: string } };
    expect(error.error.type).toBe('invalid_request_error');
    expect(error.error.message).toMatch(message);
  });

  it('[REQ-4] a body of 40 MiB is a 413 that names the limit, before it is read', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\ncontent-length: ${40 * 1024 * 1024}\r\n\r\n`;
    const answer = (await exchangeRaw(gateway, head)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/33554432|32 MiB/);
    expect(answer).toContain('request_too_large');
  });

  it('[REQ-4] unknown routes and wrong methods, in the shape of the protocol', async () => {
    const unknown = await fetch(`${gateway}/v1/nothing`, { method: 'POST', body: '{}' });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    const openai = await fetch(`${gateway}/v1/chat/completions/nothing`);
    expect(await openai.json()).toMatchObject({
      error: { type: expect.any(String), message: expect.any(String) },
    });
    const gemini = await fetch(`${gateway}/v1beta/nothing`);
    expect(await gemini.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
    const wrong = await fetch(`${gateway}/v1/messages`);
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect((await fetch(`${gateway}/nothing`, { method: 'HEAD' })).status).toBe(404);
  });

  it('[AUTH-1] no key, or a key in a header that is not for keys, is a 401', async () => {
    for (const headers of [{}, { 'api-key': KEY }, { authorization: KEY }, { cookie: `key=${KEY}` }]) {
      const answer = await fetch(`${gateway}/v1/messages`, { method: 'POST', body: buildMessage(), headers });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ error: { type: 'authentication_error' } });
    }
  });

  const body = buildMessage();
  const lines = (...rows: string[]) => `${rows.join('\r\n')}\r\n`;
  const post = ['POST /v1/messages HTTP/1.1', 'host: x', `x-api-key: ${KEY}`];
  it.each([
    [
      'both lengths',
      lines(...post, `content-length: ${body.length}`, 'transfer-encoding: chunked', '') + body,
    ],
    [
      'two different lengths',
      lines(...post, `content-length: ${body.length}`, 'content-length: 5', '') + body,
    ],
    ['a negative length', lines(...post, 'content-length: -5', '') + body],
    [
      'a chunk size that is no number',
      lines(...post, 'transfer-encoding: chunked', '', 'zz', body, '0', '', ''),
    ],
    [
      'a chunk size that overflows',
      lines(...post, 'transfer-encoding: chunked', '', 'ffffffffffffffffff', body, '0', '', ''),
    ],
    ['a folded header', lines(...post, 'x-folded: a', '  b', `content-length: ${body.length}`, '') + body],
    ['a space before the colon', lines(...post, `content-length : ${body.length}`, '') + body],
    [
      'an unknown transfer encoding',
      lines(...post, 'transfer-encoding: gzip, chunked', `content-length: ${body.length}`, '') + body,
    ],
  ])('smuggling: %s is refused, and what follows is no second request', async (_, bytes) => {
    const smuggled = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
    const answer = (await exchangeRaw(gateway, bytes + smuggled)).toString();
    expect(answer).not.toMatch(/^HTTP\/1\.1 200/);
    expect(answer).not.toContain('"status":"ok"');
  });

  it('header values cannot split the answer', async () => {
    const request = buildRequest(
      '/v1/messages%0d%0ax-injected:%201',
      { 'x-api-key': KEY, 'x-request-id': 'a\tb' },
      body,
    );
    const answer = (await exchangeRaw(gateway, request)).toString();
    expect(answer.split('\r\n\r\n')[0]).not.toMatch(/^x-injected/im);
  });
});
