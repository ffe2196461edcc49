import { createServer, type Socket } from 'node:net';
import { TestProxy, type TestProxyOptions } from './test-proxy.ts';

export interface SocksProxyOptions extends TestProxyOptions {
  /** Instead of the handshake. */
  answer?: (client: Socket) => void;
  /** RFC 1928's code in place of connecting. */
  replyCode?: number;
}

const SUCCESS = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]);
const VERSION = 5;
const METHOD_NONE = 0;
const METHOD_PASSWORD = 2;
const REFUSED = 5;

/** A real SOCKS5 proxy for tests: CONNECT, with and without user and password. */
export function startSocksProxy(options: SocksProxyOptions = {}): Promise<TestProxy> {
  const server = createServer({ noDelay: true });
  const proxy = new TestProxy('socks5', server);
  server.on('connection', (client) => {
    if (options.answer) return options.answer(client);
    // A client that hangs up in the middle ends it: nobody else hears.
    return void serve(proxy, client, options).catch(() => client.destroy());
  });
  return proxy.listen();
}

async function serve(proxy: TestProxy, client: Socket, options: SocksProxyOptions): Promise<void> {
  const [version, count = 0] = await read(client, 2);
  if (version !== VERSION) return void client.destroy();
  const methods = await read(client, count);
  if (!(await signIn(client, methods, options))) return void client.end();
  const [, , , type = 0] = await read(client, 4);
  const host = await readHost(client, type);
  const port = (await read(client, 2)).readUInt16BE(0);
  proxy.targets.push(`${host}:${port}`);
  if (options.replyCode !== undefined) return reply(client, options.replyCode);
  const { host: dialled, port: number } = options.resolve ?? { host, port };
  const target = await proxy.dial(dialled, number).catch(() => null);
  if (target === null) return reply(client, REFUSED);
  client.write(SUCCESS);
  return proxy.join(client, target);
}

async function signIn(client: Socket, methods: Buffer, options: SocksProxyOptions): Promise<boolean> {
  const { credentials } = options;
  const wanted = credentials === undefined ? METHOD_NONE : METHOD_PASSWORD;
  client.write(Buffer.from([5, methods.includes(wanted) ? wanted : 0xff]));
  if (!methods.includes(wanted)) return false;
  if (credentials === undefined) return true;
  const username = await read(client, (await read(client, 2))[1] ?? 0);
  const password = await read(client, (await read(client, 1))[0] ?? 0);
  const fits = username.toString() === credentials.username && password.toString() === credentials.password;
  client.write(Buffer.from([1, fits ? 0 : 1]));
  return fits;
}

async function readHost(client: Socket, type: number): Promise<string> {
  if (type === 1) return (await read(client, 4)).join('.');
  if (type === 3) return (await read(client, (await read(client, 1))[0] ?? 0)).toString();
  const bytes = await read(client, 16);
  return Array.from({ length: 8 }, (_, part) => bytes.readUInt16BE(part * 2).toString(16)).join(':');
}

/** Exactly so many bytes, as soon as they are there. Rejects when the client hangs up. */
function read(client: Socket, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const attempt = (): void => {
      const found = client.read(bytes) as Buffer | null;
      if (found === null) return;
      client.off('readable', attempt).off('close', hangUp);
      resolve(found);
    };
    const hangUp = (): void => reject(new Error('the client hung up'));
    client.on('readable', attempt).on('close', hangUp);
    attempt();
  });
}

function reply(client: Socket, code: number): void {
  client.end(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
}
