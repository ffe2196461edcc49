import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UpstreamClient, UpstreamFault, UpstreamHandler, UpstreamRequest } from '@tollgate/forward';
import { startConnectProxy, startSocksProxy } from '@tollgate/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createUpstreamClient } from './create-upstream-client.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

class Recorder implements UpstreamHandler {
  status = 0;
  text = '';
  fault: UpstreamFault | null = null;
  readonly #over = Promise.withResolvers<void>();
  readonly over = this.#over.promise;
  onHeaders(status: number): void {
    this.status = status;
  }
  onData(chunk: Buffer): void {
    this.text += chunk.toString('latin1');
  }
  onEnd(): void {
    this.#over.resolve();
  }
  onError(fault: UpstreamFault): void {
    this.fault = fault;
    this.#over.resolve();
  }
}

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function open(): UpstreamClient {
  const client = createUpstreamClient({ outboundAllow: ['127.0.0.0/8'], connectionsPerOrigin: 8 });
  closers.push(() => client.close());
  return client;
}

function post(origin: string, proxyUrl: string | null): UpstreamRequest {
  return {
    method: 'POST',
    origin,
    path: '/v1/messages',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    connectTimeoutMs: 2_000,
    proxyUrl,
  };
}

const STARTS = [
  ['http', startConnectProxy],
  ['socks5', startSocksProxy],
] as const;

describe.each(STARTS)('[ACC-7] upstreams through a proxy of kind %s', (_kind, start) => {
  async function startProxy(options: Parameters<typeof startSocksProxy>[0] = {}) {
    const proxy = await start(options as object);
    closers.push(() => Promise.resolve(proxy[Symbol.asyncDispose]()));
    return proxy;
  }

  it('carries streams, uses a tunnel again, and goes past the proxy without one', async () => {
    const { origin } = await serve((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: a\n\n');
      setTimeout(() => response.end('data: b\n\n'), 20);
    });
    const proxy = await startProxy({ credentials: { username: 'quentin', password: 'secret' } });
    const client = open();
    for (const url of [proxy.buildUrl('quentin:secret'), proxy.buildUrl('quentin:secret'), null]) {
      const handler = new Recorder();
      client.send(post(origin, url), handler);
      await handler.over;
      expect([handler.fault, handler.text]).toEqual([null, 'data: a\n\ndata: b\n\n']);
      // The connection is free a moment after the end is told.
      await sleep(10);
    }
    expect(proxy.connections).toBe(1);
  });

  it('an abort is felt by the upstream', async () => {
    const left = Promise.withResolvers<void>();
    const { origin } = await serve((_request, response) => {
      response.write('data: a\n\n');
      response.on('close', left.resolve);
    });
    const proxy = await startProxy();
    const handler = new Recorder();
    const call = open().send(post(origin, proxy.url), handler);
    await expect.poll(() => handler.text).toBe('data: a\n\n');
    call.abort();
    await left.promise;
    await expect.poll(() => proxy.openSockets).toBe(0);
    expect(handler.fault).toBeNull();
  });

  it('a slow reader is felt by the upstream through the tunnel, and gets all in the end', async () => {
    const bytes = 24 * 1024 * 1024;
    let isWritten = false;
    const { origin } = await serve((_request, response) => {
      response.end(Buffer.alloc(bytes, 'x'), () => (isWritten = true));
    });
    const proxy = await startProxy();
    let received = 0;
    const handler = new Recorder();
    handler.onData = (chunk) => void (received += chunk.length);
    const call = open().send(post(origin, proxy.url), handler);
    call.pause();
    await sleep(200);
    expect([isWritten, received < 1024 * 1024]).toEqual([false, true]);
    call.resume();
    await handler.over;
    expect([received, handler.fault]).toEqual([bytes, null]);
  });

  it('a proxy that dies in the middle is a reset, and the next request goes through a new tunnel', async () => {
    let isDone = false;
    const { origin } = await serve((_request, response) => {
      response.write('data: a\n\n');
      if (isDone) response.end();
    });
    const proxy = await startProxy();
    const client = open();
    const handler = new Recorder();
    client.send(post(origin, proxy.url), handler);
    await expect.poll(() => handler.text).toBe('data: a\n\n');
    proxy.cut();
    await handler.over;
    expect(handler.fault?.kind).toBe('reset');
    isDone = true;
    const next = new Recorder();
    client.send(post(origin, proxy.url), next);
    await next.over;
    expect([next.status, next.fault]).toEqual([200, null]);
  });

  it('refusals are `refused`, silence is `connect-timeout`, a private target is forbidden: no secrets in the detail', async () => {
    const proxy = await startProxy({ credentials: { username: 'quentin', password: 'secret' } });
    const silent = await startProxy({ answer: (socket) => void socket.resume() });
    const cases = [
      ['refused', post('http://127.0.0.1:9', proxy.buildUrl('quentin:secret'))],
      ['refused', post('http://127.0.0.1:9', proxy.buildUrl('quentin:wrong'))],
      ['connect-timeout', { ...post('http://127.0.0.1:9', silent.url), connectTimeoutMs: 60 }],
      ['forbidden-address', post('http://10.0.0.1', proxy.buildUrl('quentin:secret'))],
    ] as const;
    const client = open();
    for (const [kind, request] of cases) {
      const handler = new Recorder();
      client.send(request, handler);
      await handler.over;
      expect(handler.fault).toMatchObject({ kind, isStaleSocket: false });
      expect(handler.fault?.detail).not.toMatch(/quentin|secret|wrong|127\.0\.0\.1/u);
    }
  });
});
