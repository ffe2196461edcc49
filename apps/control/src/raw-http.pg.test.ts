import { connect } from 'node:net';
import { silentLogger, type Logger } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestControl, TEST_TOKEN, type TestControl } from './testing/start-test-control.ts';

const JSON_TYPE = 'application/json';
const errors: string[] = [];
const logger: Logger = {
  ...silentLogger,
  error: (detail, message) => void errors.push(`${message} ${JSON.stringify(detail)}`),
};
let control: TestControl;
beforeAll(async () => {
  control = await startTestControl(inject('postgresUrl'), { logger, config: { bodyBytesMax: 200_000 } });
});
afterAll(() => control.stop());

const url = (path: string) => `${control.url}/trpc/${path}`;
const headers = (type = JSON_TYPE) => ({ authorization: `Bearer ${TEST_TOKEN}`, 'content-type': type });
const input = (value: unknown) => `?input=${encodeURIComponent(JSON.stringify(value))}`;

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const answer = await fetch(url(path), { headers: headers(), signal: AbortSignal.timeout(10_000), ...init });
  return { status: answer.status, text: await answer.text() };
}

/** Bytes as they are; what comes until the server closes, or is silent for so long. */
function send(bytes: string | Buffer, silenceMs = 30_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(control.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.write(bytes);
  });
}

describe('[CTL-1] garbage at /trpc', () => {
  it.each([
    ['bad JSON in the query', 'users.list?input=%7B', {}, 400],
    ['no encoding that is one', 'users.list?input=%', {}, 400],
    ['half a character', 'users.list?input=%22%ED%A0%80%22', {}, 400],
    ['a query sent as a mutation', 'users.list', { method: 'POST', body: '{}' }, 405],
    ['a mutation sent as a query', 'users.create', {}, 405],
    ['PUT', 'users.create', { method: 'PUT', body: '{}' }, 405],
    ['DELETE', 'users.list', { method: 'DELETE' }, 405],
    ['no body', 'users.create', { method: 'POST' }, 400],
    ['a number', 'users.create', { method: 'POST', body: '1' }, 400],
    ['NUL', 'users.create', { method: 'POST', body: '\u0000' }, 400],
    [
      'a form',
      'users.create',
      { method: 'POST', body: 'email=a@b.cd', headers: 'application/x-www-form-urlencoded' },
      415,
    ],
    ['XML', 'users.create', { method: 'POST', body: '<a/>', headers: 'text/xml' }, 415],
    [
      'bytes',
      'users.create',
      { method: 'POST', body: Buffer.from([0, 255, 1]), headers: 'application/octet-stream' },
      400,
    ],
    [
      'half of a form',
      'users.create',
      { method: 'POST', body: '--x\r\n', headers: 'multipart/form-data; boundary=x' },
      400,
    ],
    ['a procedure that there is not', 'no.such', {}, 404],
    ['the prototype', '__proto__', {}, 404],
    ['the constructor', 'users.constructor', {}, 404],
    ['dots', 'users..list', {}, 404],
    ['half a character in the path', '%ED%A0%80', {}, 400],
    ['half an escape in the path', '%E', {}, 400],
  ] as [string, string, RequestInit & { headers?: string }, number][])(
    '%s',
    async (_name, path, { headers: type, ...init }, status) => {
      const answer = await ask(path, { ...init, headers: headers(type) });
      expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, expect.any(String)]);
      expect(answer.text).not.toMatch(/node_modules|at .*\.ts|SyntaxError/u);
    },
  );

  it('a thousand calls in one batch are refused, and the most that a client sends are not', async () => {
    const batch = (count: number) => `${Array.from({ length: count }, () => 'health.get').join(',')}?batch=1`;
    expect((await ask(batch(1_000))).status).toBe(400);
    expect((await ask(batch(20))).status).toBe(200);
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [index, {}])));
    expect(
      (
        await ask(`${Array.from({ length: 1_000 }, () => 'users.create').join(',')}?batch=1`, {
          method: 'POST',
          body,
        })
      ).status,
    ).toBe(400);
  });

  it('JSON a hundred thousand levels deep is an input like any other', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const body of [deep, `{"email":${deep}}`, `{"config":${deep}}`]) {
      expect((await ask('users.create', { method: 'POST', body })).status).toBe(400);
    }
  });

  it('an input that would change prototypes changes none', async () => {
    const body = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
    expect((await ask('users.create', { method: 'POST', body })).status).toBe(400);
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });

  it('headers beyond all measure are answered 431', async () => {
    expect(
      await send(`GET /trpc/health.get HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(70_000)}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 431 /u);
    const many = Array.from({ length: 5_000 }, (_, index) => `x-${index}: a`).join('\r\n');
    expect(await send(`GET /trpc/health.get HTTP/1.1\r\nhost: x\r\n${many}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /u,
    );
  });

  it.each([
    ['no HTTP', '\u0016\u0003\u0001\u0002\u0000'],
    ['another protocol', 'SSH-2.0-client\r\n'],
    ['a request line that is none', 'GET\r\n\r\n'],
    [
      'two lengths',
      'POST /trpc/users.create HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /trpc/users.create HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /trpc/users.create HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
    ['no host', 'GET /trpc/health.get HTTP/1.1\r\n\r\n'],
  ])('%s is answered 400, and ends the connection', async (_name, bytes) => {
    expect(await send(bytes)).toMatch(/^HTTP\/1\.1 400 /u);
  });

  it.each([
    [
      'an absolute target',
      'GET http://evil.example/trpc/health.get HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    ],
    ['an odd host', 'GET /trpc/health.get HTTP/1.1\r\nhost: a b:c:d\r\nconnection: close\r\n\r\n'],
    ['two slashes', 'GET //trpc/health.get HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    ['a target that is no URL', 'GET /trpc//..//\\%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    [
      'an upgrade',
      'GET /trpc/health.get HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ],
  ])('%s is no fault of ours', async (_name, bytes) => {
    expect(await send(bytes, 1_000)).not.toMatch(/^HTTP\/1\.1 5/u);
  });

  it('a client that leaves in the middle of its body leaves nothing behind', async () => {
    const socket = connect(control.port, '127.0.0.1');
    socket.write(
      `POST /trpc/users.create HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TEST_TOKEN}\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 100\r\n\r\n{"em`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await ask(`users.list${input({})}`)).status).toBe(200);
  });

  it('[OPS-6] no fault was logged for any of it', () => {
    expect(errors).toEqual([]);
  });
});
