import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startConnectProxy } from '@tollgate/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutboundPolicy } from './outbound-policy.ts';
import { type GuardedRequest, sendGuardedRequest } from './send-guarded-request.ts';

const policy = createOutboundPolicy({ allow: ['127.0.0.0/8'] });
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (url: string, changes: Partial<GuardedRequest> = {}): GuardedRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'text/plain' },
  body: 'secret',
  proxyUrl: null,
  timeoutMs: 3_000,
  answerBytesMax: 1_000,
  ...changes,
});

describe('send-guarded-request', () => {
  it('sends, also through a proxy, and gives status, headers and body', async () => {
    const origin = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.writeHead(201, { 'x-path': request.url ?? '', 'set-cookie': ['a', 'b'] });
      response.end(Buffer.concat(chunks));
    });
    const proxy = await startConnectProxy();
    closers.push(() => Promise.resolve(proxy[Symbol.asyncDispose]()));
    for (const proxyUrl of [null, proxy.url]) {
      const answer = await sendGuardedRequest(policy, post(`${origin}/a/b`, { proxyUrl }));
      expect([answer.status, answer.headers['x-path'], answer.headers['set-cookie']]).toEqual([
        201,
        '/a/b',
        'a',
      ]);
      expect(answer.body.toString()).toBe('secret');
    }
    expect(proxy.targets).toHaveLength(1);
  });

  it('[OPS-6] refuses private addresses, literal or resolved, and other schemes', async () => {
    const closed = createOutboundPolicy({ allow: [] });
    const origin = await serve((_request, response) => response.end());
    for (const url of [origin, origin.replace('127.0.0.1', 'localhost'), 'file:///etc/passwd', 'no url']) {
      await expect(sendGuardedRequest(closed, post(url))).rejects.toThrow(/refused|ERR_OUTBOUND_FORBIDDEN/u);
    }
  });

  it('[OPS-6] a whole URL goes out with its query and the slash at its end; a base URL must have none', async () => {
    const origin = await serve((request, response) => response.end(request.url));
    const url = `${origin}/hook/?token=a%2Fb&x=`;
    const answer = await sendGuardedRequest(policy, post(url, { isWholeUrl: true }));
    expect(answer.body.toString()).toBe('/hook/?token=a%2Fb&x=');
    await expect(sendGuardedRequest(policy, post(url))).rejects.toThrow('query-or-fragment');
    const closed = createOutboundPolicy({ allow: [] });
    for (const forbidden of [url, url.replace('127.0.0.1', 'localhost'), 'file:///etc/passwd?x']) {
      await expect(sendGuardedRequest(closed, post(forbidden, { isWholeUrl: true }))).rejects.toThrow(
        /refused|ERR_OUTBOUND_FORBIDDEN/u,
      );
    }
  });

  it('[OPS-6] follows no redirect', async () => {
    const origin = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    expect(await sendGuardedRequest(policy, post(origin))).toMatchObject({ status: 302 });
  });

  it.each([
    ['silence', (() => {}) as RequestListener, 'within 150 ms'],
    ['a body without end', ((_q, response) => void response.write('x')) as RequestListener, 'within 150 ms'],
    [
      'a body too large',
      ((_q, response) => void response.end('x'.repeat(1_001))) as RequestListener,
      'too large',
    ],
    ['a reset', ((request) => void request.socket.destroy()) as RequestListener, 'UND_ERR_SOCKET'],
  ])('[OPS-6] %s is a fault that tells nothing of the request', async (_name, listener, told) => {
    const timeoutMs = told.includes('within') ? 150 : 20_000;
    const fault = await sendGuardedRequest(policy, post(await serve(listener), { timeoutMs })).catch(String);
    expect(fault).toContain(told);
    expect(fault).not.toMatch(/secret|127\.0\.0\.1/u);
  });
});
