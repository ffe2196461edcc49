import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { TestProxy, type TestProxyOptions } from './test-proxy.ts';

export interface ConnectProxyOptions extends TestProxyOptions {
  /** Speaks TLS itself: `https://`. */
  tls?: { key: string; cert: string };
  /** Instead of connecting: e.g. answers with bytes of its own, or keeps silent. */
  answer?: (client: Duplex) => void;
}

/** A real HTTP proxy for tests, which only knows CONNECT. */
export function startConnectProxy(options: ConnectProxyOptions = {}): Promise<TestProxy> {
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  const proxy = new TestProxy(options.tls === undefined ? 'http' : 'https', server);
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    proxy.keep(client);
    proxy.targets.push(request.url ?? '');
    if (head.length > 0) client.unshift(head);
    if (options.answer) return options.answer(client);
    if (!isSignedIn(request, options)) return refuse(client, '407 Proxy Authentication Required');
    return void openTunnel(proxy, client, request.url ?? '', options);
  });
  return proxy.listen();
}

async function openTunnel(
  proxy: TestProxy,
  client: Duplex,
  authority: string,
  options: ConnectProxyOptions,
): Promise<void> {
  const { hostname, port } = new URL(`http://${authority}`);
  const named = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
  const { host, port: number } = options.resolve ?? named;
  const target = await proxy.dial(host, number).catch(() => null);
  if (target === null) return refuse(client, '502 Bad Gateway');
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  return proxy.join(client, target);
}

function isSignedIn(request: IncomingMessage, { credentials }: ConnectProxyOptions): boolean {
  if (credentials === undefined) return true;
  const expected = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  return request.headers['proxy-authorization'] === `Basic ${expected}`;
}

function refuse(client: Duplex, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\ncontent-length: 6\r\n\r\nsecret`);
}
