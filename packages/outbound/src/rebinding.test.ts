import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startConnectProxy, startDnsServer, type DnsServer } from '@tollgate/testkit';
import { Pool } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutboundPolicy } from './outbound-policy.ts';
import { sendGuardedRequest, type GuardedRequest } from './send-guarded-request.ts';

/** `127.0.0.1` plays the public internet; `127.0.0.2` is the inner network that must not be reached. */
const policy = createOutboundPolicy({ allow: ['127.0.0.1'] });
const reached: string[] = [];
const server = createServer((request, response) => {
  reached.push(request.socket.localAddress ?? '');
  response.end('hello');
});
let port = 0;
let dns: DnsServer;
beforeAll(async () => {
  // All addresses: the inner one would answer if it were dialled.
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());
beforeEach(async () => {
  reached.length = 0;
  dns = await startDnsServer();
});
afterEach(() => dns[Symbol.asyncDispose]());

const ask = (changes: Partial<GuardedRequest> = {}) =>
  sendGuardedRequest(policy, {
    method: 'GET',
    url: `http://rebind.test:${port}/`,
    headers: {},
    body: null,
    proxyUrl: null,
    timeoutMs: 3_000,
    answerBytesMax: 1_000,
    resolveAll: dns.lookupAll,
    ...changes,
  });

describe('a name whose DNS server changes its answer', () => {
  it('[OPS-6] is dialled at the address that was judged, and asked for once', async () => {
    dns.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
    expect((await ask()).status).toBe(200);
    expect(dns.asked).toEqual(['rebind.test']);
    expect(reached).toEqual(['127.0.0.1']);
  });

  it('[OPS-6] is refused as soon as it turns inwards', async () => {
    dns.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
    await ask();
    await expect(ask()).rejects.toThrow('ERR_OUTBOUND_FORBIDDEN');
    expect(reached).toEqual(['127.0.0.1']);
  });

  it('[OPS-6] is judged again for each new connection of a pool', async () => {
    dns.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
    const pool = new Pool(`http://rebind.test:${port}`, {
      connect: policy.createConnector({ timeoutMs: 2_000, resolveAll: dns.lookupAll }),
      pipelining: 0,
    });
    const first = await pool.request({ method: 'GET', path: '/' });
    await first.body.dump();
    await expect(pool.request({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'ERR_OUTBOUND_FORBIDDEN',
    });
    await pool.destroy();
    expect(reached).toEqual(['127.0.0.1']);
  });

  it.each([
    [['127.0.0.2', '127.0.0.1'], 'reaches the judged one of a mixed answer'],
    [['127.0.0.1', '169.254.169.254'], 'never the metadata address beside it'],
  ])('[OPS-6] %j: %s', async (addresses) => {
    dns.set('rebind.test', [addresses]);
    expect((await ask()).status).toBe(200);
    expect(reached).toEqual(['127.0.0.1']);
  });

  it.each([
    ['127.0.0.2'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['::1'],
    ['::ffff:127.0.0.2'],
    ['64:ff9b::7f00:2'],
    ['fe80::1'],
    ['::'],
    ['0.0.0.0'],
  ])('[OPS-6] an answer of %s is no place to go', async (address) => {
    dns.set('rebind.test', [[address]]);
    await expect(ask()).rejects.toThrow('ERR_OUTBOUND_FORBIDDEN');
    expect(reached).toEqual([]);
  });

  it('[OPS-6] holds for a name with a dot at its end, in capitals, and in Unicode', async () => {
    for (const [name, asked] of [
      ['rebind.test.', 'rebind.test'],
      ['REBIND.test', 'rebind.test'],
      ['bücher.test', 'xn--bcher-kva.test'],
      ['ｌｏｃａｌ.test', 'local.test'],
    ] as const) {
      dns.set(asked, [['127.0.0.2']]);
      await expect(ask({ url: `http://${name}:${port}/` })).rejects.toThrow('ERR_OUTBOUND_FORBIDDEN');
    }
    expect(new Set(dns.asked)).toEqual(new Set(['rebind.test', 'xn--bcher-kva.test', 'local.test']));
  });

  it('[OPS-6] [ACC-7] holds for the name of a proxy', async () => {
    await using proxy = await startConnectProxy();
    const url = `http://127.0.0.1:${port}/`;
    const proxyUrl = proxy.url.replace('127.0.0.1', 'proxy.test');
    dns.set('proxy.test', [['127.0.0.1'], ['127.0.0.2']]);
    expect((await ask({ url, proxyUrl })).status).toBe(200);
    await expect(ask({ url, proxyUrl })).rejects.toThrow('ERR_OUTBOUND_FORBIDDEN');
    expect(proxy.connections).toBe(1);
  });

  it('[OPS-6] a server that is silent, or knows no such name, is told within the time', async () => {
    dns.set('rebind.test', ['silent']);
    await expect(ask({ timeoutMs: 150 })).rejects.toThrow('within 150 ms');
    await expect(ask({ url: `http://unknown.test:${port}/` })).rejects.toThrow('ENOTFOUND');
  });
});

describe('odd spellings of addresses', () => {
  it.each([
    'http://127.0.0.2/',
    'http://127.0.0.2./',
    'http://0177.0.0.2/',
    'http://0x7f.2/',
    'http://0x7f000002/',
    'http://2130706434/',
    'http://017700000002/',
    'http://127.2/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.2]/',
    'http://[::ffff:7f00:2]/',
    'http://[0:0:0:0:0:ffff:7f00:2]/',
    'http://[::127.0.0.2]/',
    'http://[64:ff9b::7f00:2]/',
    'http://[2002:7f00:2::]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://0/',
    'http://0.0.0.0/',
    'http://169.254.169.254/',
    'http://[fd00:ec2::254]/',
    'http://100.64.0.1/',
    'http://100.127.255.254/',
    'http://１２７.0.0.2/',
    'http://127。0。0。2/',
    'http://%31%32%37.0.0.2/',
  ])('[OPS-6] %s is refused before anything is dialled', async (url) => {
    await expect(ask({ url })).rejects.toThrow('refused: forbidden-address');
  });

  it.each([
    ['http://[fe80::1%25lo]/', 'not-a-url'],
    ['http://[fe80::1%lo]/', 'not-a-url'],
    ['http://user:pw@rebind.test/', 'credentials'],
    ['http://127.0.0.1@rebind.test/', 'credentials'],
    ['http://rebind.test\\@127.0.0.1/', 'not-a-url'],
    ['ftp://rebind.test/', 'scheme'],
    ['gopher://rebind.test/', 'scheme'],
    ['unix:/var/run/docker.sock', 'scheme'],
    ['http://rebind.test:0/', 'port'],
    ['http://rebind.test:65536/', 'not-a-url'],
  ])('[OPS-6] %s is refused: %s', async (url, problem) => {
    await expect(ask({ url })).rejects.toThrow(`refused: ${problem}`);
  });
});
