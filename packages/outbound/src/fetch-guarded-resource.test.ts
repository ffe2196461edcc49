import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate, startDnsServer } from '@tollgate/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchGuardedResource, type ResourceLimits } from './fetch-guarded-resource.ts';
import { createOutboundPolicy } from './outbound-policy.ts';

const policy = createOutboundPolicy({ allow: ['127.0.0.1'] });
const PNG = Buffer.from('\x89PNG picture', 'latin1');
const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(
  listener: RequestListener,
  host = '127.0.0.1',
  port = 0,
): Promise<{ origin: string; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port: open } = server.address() as AddressInfo;
  return { origin: `http://${host}:${open}`, port: open };
}

const limits = (changes: Partial<ResourceLimits> = {}): ResourceLimits => ({
  bytesMax: 1_000,
  timeoutMs: 3_000,
  types: ['image/*', 'application/pdf'],
  ...changes,
});
const picture: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'Image/PNG; charset=x' }).end(PNG);
const leadTo =
  (location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(302, { location }).end();

describe('fetch-guarded-resource', () => {
  it('[OPS-6] brings what is within the limits, query and all, and sends nothing of the client', async () => {
    const seen: unknown[] = [];
    const { origin } = await serve((request, response) => {
      seen.push(request.url, Object.keys(request.headers).toSorted());
      picture(request, response);
    });
    const answer = await fetchGuardedResource(policy, `${origin}/a.png?size=1#part`, limits());
    expect(answer).toEqual({ ok: true, body: PNG, type: 'image/png' });
    expect(seen).toEqual(['/a.png?size=1', ['accept', 'accept-encoding', 'connection', 'host']]);
  });

  it.each([
    ['http://127.0.0.2/a.png', 'forbidden-address'],
    ['http://169.254.169.254/latest/meta-data/', 'forbidden-address'],
    ['http://[::ffff:7f00:2]/', 'forbidden-address'],
    ['http://0x7f.2/', 'forbidden-address'],
    ['http://localhost.:1/', 'unreachable'],
    ['file:///etc/passwd', 'url'],
    ['data:image/png;base64,AAAA', 'url'],
    ['http://user:secret@127.0.0.1/', 'url'],
    ['not a url', 'url'],
  ])('[OPS-6] %s is refused: %s', async (url, reason) => {
    expect(await fetchGuardedResource(policy, url, limits())).toMatchObject({ ok: false, reason });
  });

  it('[OPS-6] judges each redirect anew: literal, resolved, odd schemes, on and on', async () => {
    await using dns = await startDnsServer();
    dns.set('inner.test', [['127.0.0.3']]);
    const { origin } = await serve(picture);
    const inner = await serve(picture, '127.0.0.3');
    const cases = [
      [`${origin}/x`, null],
      ['/relative', 'redirects'],
      [inner.origin, 'forbidden-address'],
      [`http://inner.test:${inner.port}/`, 'forbidden-address'],
      ['file:///etc/passwd', 'url'],
      ['http://user:pw@127.0.0.1/', 'url'],
      ['http://[bad', 'redirects'],
    ] as const;
    for (const [location, reason] of cases) {
      const from = await serve(leadTo(location));
      const answer = await fetchGuardedResource(policy, from.origin, limits({ resolveAll: dns.lookupAll }));
      expect(answer).toMatchObject(reason === null ? { ok: true } : { ok: false, reason });
    }
  });

  it('[OPS-6] is not led from https to http, nor to a server whose certificate is not good', async () => {
    const { key, cert } = createCertificate(Date.now());
    const { origin } = await serve(picture);
    const server = createTlsServer({ key, cert }, leadTo(origin));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await fetchGuardedResource(policy, url, limits({ ca: cert }))).toMatchObject({
      reason: 'redirects',
    });
    expect(await fetchGuardedResource(policy, url, limits())).toMatchObject({ reason: 'unreachable' });
  });

  it('[OPS-6] dials what it has judged: a name that rebinds between two hops is judged anew', async () => {
    await using dns = await startDnsServer();
    const inner = await serve(picture, '127.0.0.4');
    dns.set('rebind.test', [['127.0.0.1'], ['127.0.0.4']]);
    const first = await serve(leadTo(`http://rebind.test:${inner.port}/secret`));
    const answer = await fetchGuardedResource(
      policy,
      `http://rebind.test:${first.port}/`,
      limits({ resolveAll: dns.lookupAll }),
    );
    expect(answer).toMatchObject({ ok: false, reason: 'forbidden-address' });
    expect(dns.asked).toEqual(['rebind.test', 'rebind.test']);
  });

  it.each([
    [
      'declared',
      'too-large',
      (_q, r) => void r.writeHead(200, { 'content-type': 'image/png', 'content-length': 2_000 }).write('x'),
    ],
    [
      'streamed',
      'too-large',
      (_q, r) => void r.writeHead(200, { 'content-type': 'image/png' }).end('x'.repeat(1_001)),
    ],
    ['of another type', 'type', (_q, r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    ['of no type', 'type', (_q, r) => void r.end(PNG)],
    ['of an empty subtype', 'type', (_q, r) => void r.writeHead(200, { 'content-type': 'image/' }).end(PNG)],
    [
      'compressed',
      'type',
      (_q, r) => void r.writeHead(200, { 'content-type': 'image/png', 'content-encoding': 'gzip' }).end(PNG),
    ],
    ['missing', 'status', (_q, r) => void r.writeHead(404).end()],
    [
      'cut',
      'unreachable',
      (_q, r) =>
        void r
          .writeHead(200, { 'content-type': 'image/png', 'content-length': 500 })
          .write('x', () => r.destroy()),
    ],
    ['silent', 'timeout', () => {}],
    ['endless', 'timeout', (_q, r) => void r.writeHead(200, { 'content-type': 'image/png' }).write('x')],
    [
      'endless within the limit, piece by piece',
      'too-large',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'image/png' });
        const timer = setInterval(() => r.write('x'.repeat(200)), 5);
        r.on('close', () => clearInterval(timer));
      },
    ],
  ] as [string, string, RequestListener][])('[OPS-6] %s: %s', async (_name, reason, listener) => {
    const { origin } = await serve(listener);
    const answer = await fetchGuardedResource(
      policy,
      `${origin}/secret`,
      limits({ timeoutMs: reason === 'timeout' ? 400 : 10_000 }),
    );
    expect(answer).toMatchObject({ ok: false, reason });
    expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|secret/u);
  });

  it('[OPS-6] a name server that is silent does not hold it beyond its time', async () => {
    await using dns = await startDnsServer();
    dns.set('slow.test', ['silent']);
    const answer = await fetchGuardedResource(
      policy,
      'http://slow.test/',
      limits({ timeoutMs: 150, resolveAll: dns.lookupAll }),
    );
    expect(answer).toMatchObject({ ok: false, reason: 'timeout' });
  });

  it('ends with a client that leaves', async () => {
    const { origin } = await serve(() => {});
    const leaving = new AbortController();
    const answer = fetchGuardedResource(policy, origin, limits({ signal: leaving.signal }));
    leaving.abort();
    expect(await answer).toMatchObject({ ok: false, reason: 'aborted' });
  });
});
