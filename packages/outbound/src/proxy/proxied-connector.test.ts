import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createCertificate, startConnectProxy, startSocksProxy } from '@tollgate/testkit';
import { Client } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorOptions } from '../guarded-connector.ts';
import { createOutboundPolicy } from '../outbound-policy.ts';

const LOOPBACK = ['127.0.0.0/8'];
const tls = createCertificate(Date.now());
const credentials = { username: 'quentin', password: 's@cret' };
const signedIn = 'quentin:s%40cret';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function keep<Proxy extends AsyncDisposable>(proxy: Proxy): Proxy {
  closers.push(() => Promise.resolve(proxy[Symbol.asyncDispose]()));
  return proxy;
}

async function serve(server: Server): Promise<number> {
  server.on('request', (_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => server.close());
  return (server.address() as AddressInfo).port;
}

async function fetchText(
  origin: string,
  proxyUrl: string,
  options: Partial<ConnectorOptions> = {},
  allow: string[] = LOOPBACK,
): Promise<string> {
  const connect = createOutboundPolicy({ allow }).createConnector({ timeoutMs: 3000, ...options, proxyUrl });
  const client = new Client(origin, { connect });
  try {
    const { body } = await client.request({ path: '/', method: 'GET' });
    return await body.text();
  } finally {
    await client.destroy();
  }
}

/** Reads on, so that it sees the other end leave. */
function keepSilent(client: Duplex): void {
  client.on('error', () => {}).on('end', () => client.destroy());
  client.resume();
}

const KINDS = [
  ['http', (options = {}) => startConnectProxy(options)],
  ['https', (options = {}) => startConnectProxy({ ...options, tls })],
  ['socks5', (options = {}) => startSocksProxy(options)],
] as const satisfies [string, (options?: object) => ReturnType<typeof startSocksProxy>][];

describe.each(KINDS)('[ACC-7] through a proxy of kind %s', (kind, start) => {
  it('plain and with TLS, names are the proxy’s to resolve', async () => {
    const ports = [await serve(createHttpServer()), await serve(createHttpsServer(tls))] as const;
    for (const [scheme, port] of [
      ['http', ports[0]],
      ['https', ports[1]],
    ] as const) {
      const proxy = keep(await start({ resolve: { host: '127.0.0.1', port } }));
      // The certificate is for localhost, and so is its check.
      const name = scheme === 'http' ? 'no-such-name.example' : 'localhost';
      expect(await fetchText(`${scheme}://${name}:4444`, proxy.url, { ca: tls.cert })).toBe('hello');
      expect(proxy.targets).toEqual([`${name}:4444`]);
    }
  });

  it('signs in with user and password; without them, or with others, it is refused', async () => {
    const port = await serve(createHttpServer());
    const proxy = keep(await start({ credentials }));
    const origin = `http://127.0.0.1:${port}`;
    expect(await fetchText(origin, proxy.buildUrl(signedIn), { ca: tls.cert })).toBe('hello');
    for (const wrong of ['', 'quentin:other', 'quentin']) {
      const fault = await fetchText(origin, proxy.buildUrl(wrong), { ca: tls.cert }).catch(
        (error: unknown) => error,
      );
      expect(fault).toMatchObject({ code: 'ERR_PROXY' });
      expect(String(fault)).not.toMatch(/quentin|cret|other|127\.0\.0\.1/u);
    }
  });

  it('a target that cannot be reached, or a certificate for another name, is an error', async () => {
    const proxy = keep(await start());
    const gone = await serve(createHttpServer());
    await closers.pop()?.();
    await expect(fetchText(`http://127.0.0.1:${gone}`, proxy.url, { ca: tls.cert })).rejects.toMatchObject({
      code: 'ERR_PROXY',
    });
    const port = await serve(createHttpsServer(tls));
    const other = keep(await start({ resolve: { host: '127.0.0.1', port } }));
    await expect(fetchText('https://other.example', other.url, { ca: tls.cert })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('[OPS-6] dials the proxy at allowed addresses only', async () => {
    const proxy = keep(await start());
    const byName = proxy.url.replace('127.0.0.1', 'localhost');
    for (const url of [proxy.url, byName]) {
      await expect(fetchText('http://1.1.1.1', url, {}, [])).rejects.toMatchObject({
        code: 'ERR_OUTBOUND_FORBIDDEN',
      });
    }
    expect(proxy.connections).toBe(0);
  });

  it('[OPS-6] never asks it for a literal address, or localhost, that is forbidden', async () => {
    const proxy = keep(await start());
    const targets = ['127.0.0.2', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]'];
    for (const host of targets) {
      const allow = ['127.0.0.1'];
      await expect(fetchText(`http://${host}`, proxy.url, {}, allow)).rejects.toMatchObject({
        code: 'ERR_OUTBOUND_FORBIDDEN',
      });
    }
    // The proxy by another address than 127.0.0.1, which is then not allowed.
    const resolveAll: ConnectorOptions['resolveAll'] = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    for (const host of ['localhost', 'a.LOCALHOST.']) {
      const url = proxy.url.replace('127.0.0.1', 'proxy.example');
      await expect(fetchText(`http://${host}`, url, { resolveAll }, [])).rejects.toThrow(/no address of/u);
    }
    expect(proxy.connections).toBe(0);
  });

  it('one limit for all of it: a proxy that keeps silent is a connect time-out', async () => {
    const proxy = keep(await start({ answer: keepSilent }));
    const fault = fetchText('http://1.1.1.1', proxy.url, { timeoutMs: 150, ca: tls.cert });
    await expect(fault).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    await expect.poll(() => proxy.openSockets).toBe(0);
  });

  it('a target that keeps silent in its TLS handshake too', async () => {
    const silent = createServer(keepSilent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closers.push(async () => silent.close());
    const { port } = silent.address() as AddressInfo;
    const proxy = keep(await start());
    await expect(
      fetchText(`https://127.0.0.1:${port}`, proxy.url, { timeoutMs: 2_000, ca: tls.cert }),
    ).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(proxy.targets).toHaveLength(1);
    await expect.poll(() => proxy.openSockets).toBe(0);
  });

  it('a proxy that hangs up in the handshake, or speaks something else, is an error at once', async () => {
    const answers: ((client: { end(text?: string): unknown; destroy(): unknown }) => void)[] = [
      (client) => client.end(),
      (client) => client.destroy(),
      (client) => client.end('\u0015\u0003\u0001 no proxy\r\n\r\n'),
    ];
    for (const answer of answers) {
      const proxy = keep(await start({ answer }));
      await expect(fetchText('http://1.1.1.1', proxy.url, { ca: tls.cert })).rejects.toMatchObject({
        code: 'ERR_PROXY',
      });
    }
  });

  it('a proxy that is not there is an error', async () => {
    const proxy = await start();
    const { url } = proxy;
    await proxy[Symbol.asyncDispose]();
    await expect(fetchText('http://1.1.1.1', url)).rejects.toThrow('the proxy cannot be used: ECONNREFUSED');
  });

  it('[OPS-6] verifies the certificate of the target', async () => {
    const port = await serve(createHttpsServer(tls));
    const proxy = keep(await start());
    const trusted = kind === 'https' ? { ca: createCertificate(Date.now()).cert } : {};
    await expect(fetchText(`https://127.0.0.1:${port}`, proxy.url, trusted)).rejects.toThrow(
      kind === 'https' ? 'the proxy cannot be used' : /self-signed/u,
    );
  });
});

describe('the wrong protocol on the port', () => {
  it('[ACC-7] SOCKS5 to an HTTP proxy, HTTP to a SOCKS5 proxy, TLS to a plain one', async () => {
    const http = keep(await startConnectProxy());
    const socks = keep(await startSocksProxy());
    const pairs = [
      http.url.replace('http:', 'socks5:'),
      socks.url.replace('socks5:', 'http:'),
      http.url.replace('http:', 'https:'),
      `http://127.0.0.1:${await serve(createHttpServer())}`,
    ];
    for (const url of pairs) {
      await expect(fetchText('http://1.1.1.1', url, { timeoutMs: 1000 })).rejects.toMatchObject({
        code: 'ERR_PROXY',
      });
    }
  });

  it('a URL that is none', async () => {
    await expect(fetchText('http://1.1.1.1', 'gopher://x')).rejects.toMatchObject({ code: 'ERR_PROXY' });
  });
});
