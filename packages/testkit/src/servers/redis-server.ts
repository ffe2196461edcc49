import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findServerBinary } from './find-server-binary.ts';
import { findFreePort } from './free-port.ts';

export interface RedisServer {
  url: string;
  port: number;
  pid: number;
  /** SIGSTOP / SIGCONT / SIGKILL, for fault tests. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts a real redis-server on a free loopback port (or the given one), without persistence. */
export async function startRedisServer(
  options: { port?: number; args?: readonly string[] } = {},
): Promise<RedisServer> {
  const program = findServerBinary('redis-server', 'redis-server');
  const port = options.port ?? (await findFreePort());
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-redis-'));
  const child = spawn(
    program,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ].concat(options.args ?? []),
    { stdio: 'ignore' },
  );
  const url = `redis://127.0.0.1:${port}`;
  await waitForRedis(url, child);
  return {
    url,
    port,
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    async stop() {
      await stopChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function waitForRedis(url: string, child: ChildProcess): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    try {
      await client.connect();
      client.disconnect();
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('redis-server did not answer within 5 s');
}

/** SIGCONT (in case it is stopped), SIGTERM, then SIGKILL after 5 s; resolves when it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(timer);
}
