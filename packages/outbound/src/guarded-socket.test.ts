import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResolveAll } from './guarded-lookup.ts';
import { createOutboundPolicy } from './outbound-policy.ts';

const resolveTo =
  (...addresses: string[]): ResolveAll =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('openSocket', () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.end('hello');
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });

  /** What was read, or the code of the error. */
  function read(host: string, allow: string[], resolveAll?: ResolveAll, isTls = false): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let text = '';
    const onread = {
      buffer: Buffer.alloc(16),
      callback: (length: number, buffer: Uint8Array): boolean => {
        text += Buffer.from(buffer.subarray(0, length)).toString();
        return true;
      },
    };
    const options = { isTls, host, port, onread, ...(resolveAll === undefined ? {} : { resolveAll }) };
    const socket: Socket = createOutboundPolicy({ allow }).openSocket(options);
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(text));
    return promise;
  }

  it.each([false, true])(
    '[OPS-6] refuses a literal address without opening a socket (TLS: %s)',
    async (isTls) => {
      const before = connections;
      expect(await read('127.0.0.1', [], undefined, isTls)).toBe('ERR_OUTBOUND_FORBIDDEN');
      expect(await read('::1', [], undefined, isTls)).toBe('ERR_OUTBOUND_FORBIDDEN');
      expect(connections).toBe(before);
    },
  );

  it.each([false, true])(
    '[OPS-6] refuses a name that resolves to a forbidden address (TLS: %s)',
    async (isTls) => {
      const before = connections;
      expect(await read('localhost', [], undefined, isTls)).toBe('ERR_OUTBOUND_FORBIDDEN');
      expect(connections).toBe(before);
    },
  );

  it('[OPS-6] dials the address that was checked: a name that rebinds is asked once', async () => {
    let asked = 0;
    const rebinding: ResolveAll = (hostname, options, callback) => {
      asked += 1;
      resolveTo(asked === 1 ? '127.0.0.1' : '127.0.0.2')(hostname, options, callback);
    };
    expect(await read('rebind.example', ['127.0.0.1'], rebinding)).toBe('hello');
    expect(asked).toBe(1);
  });

  it('[OPS-6] of a mixed answer only the allowed address is dialled', async () => {
    expect(await read('mixed.example', ['127.0.0.1'], resolveTo('::1', '127.0.0.1'))).toBe('hello');
  });

  it('[OPS-6] connects to an allow-listed address', async () => {
    expect(await read('127.0.0.1', ['127.0.0.0/8'])).toBe('hello');
  });
});
