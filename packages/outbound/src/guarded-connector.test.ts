import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'undici';
import { createGuardedLookup, type ResolveAll } from './guarded-lookup.ts';
import { createOutboundPolicy } from './outbound-policy.ts';

const resolveTo =
  (...addresses: string[]): ResolveAll =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

type LookupAnswer = [error: NodeJS.ErrnoException | null, address: unknown, family?: number];

function ask(lookup: LookupFunction, all: boolean): Promise<LookupAnswer> {
  return new Promise((resolve) => {
    lookup('host.example', { all }, (...answer) => resolve(answer));
  });
}

async function fetchStatus(origin: string, allow: string[], resolveAll?: ResolveAll): Promise<number> {
  const connect = createOutboundPolicy({ allow }).createConnector({
    timeoutMs: 2000,
    ...(resolveAll === undefined ? {} : { resolveAll }),
  });
  const client = new Client(origin, { connect });
  try {
    const { statusCode, body } = await client.request({ path: '/', method: 'GET' });
    await body.dump();
    return statusCode;
  } finally {
    await client.destroy();
  }
}

describe('createGuardedLookup', () => {
  const policy = createOutboundPolicy({ allow: [] });

  it('[OPS-6] keeps the allowed addresses of a mixed answer', async () => {
    const lookup = createGuardedLookup(policy, resolveTo('10.0.0.1', '1.1.1.1', '::1', '2606:4700::1111'));
    const [error, addresses] = await ask(lookup, true);
    expect(error).toBeNull();
    expect(addresses).toEqual([
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await ask(lookup, false)).toEqual([null, '1.1.1.1', 4]);
  });

  it('[OPS-6] ends with ERR_OUTBOUND_FORBIDDEN when none is left', async () => {
    for (const resolve of [resolveTo('127.0.0.1', '::1'), resolveTo()]) {
      const [error] = await ask(createGuardedLookup(policy, resolve), true);
      expect(error).toMatchObject({ code: 'ERR_OUTBOUND_FORBIDDEN' });
    }
  });

  it('passes a resolver error on', async () => {
    const fault = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const [error] = await ask(
      createGuardedLookup(policy, (_host, _options, callback) => callback(fault, [])),
      true,
    );
    expect(error).toBe(fault);
  });
});

describe('createConnector', () => {
  const server = createServer((_request, response) => response.end('hello'));
  let port = 0;
  let connections = 0;
  server.on('connection', () => (connections += 1));
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });

  it('[OPS-6] refuses a literal address without opening a socket', async () => {
    const before = connections;
    await expect(fetchStatus(`http://127.0.0.1:${port}`, [])).rejects.toMatchObject({
      code: 'ERR_OUTBOUND_FORBIDDEN',
    });
    expect(connections).toBe(before);
  });

  it('[OPS-6] refuses a name that resolves to a forbidden address', async () => {
    const before = connections;
    await expect(fetchStatus(`http://localhost:${port}`, [])).rejects.toMatchObject({
      code: 'ERR_OUTBOUND_FORBIDDEN',
    });
    expect(connections).toBe(before);
  });

  it('[OPS-6] dials the address that was checked: a name that rebinds is never asked twice', async () => {
    let asked = 0;
    const rebinding: ResolveAll = (hostname, options, callback) => {
      asked += 1;
      resolveTo(asked === 1 ? '127.0.0.1' : '127.0.0.2')(hostname, options, callback);
    };
    expect(await fetchStatus(`http://rebind.example:${port}`, ['127.0.0.1'], rebinding)).toBe(200);
    expect(asked).toBe(1);
  });

  it('[OPS-6] connects to an allow-listed address', async () => {
    expect(await fetchStatus(`http://127.0.0.1:${port}`, ['127.0.0.0/8'])).toBe(200);
  });
});
