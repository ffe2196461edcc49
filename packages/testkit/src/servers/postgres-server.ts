import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { findServerBinary } from './find-server-binary.ts';
import { findFreePort } from './free-port.ts';
import { stopChild } from './redis-server.ts';

export interface PostgresServer {
  /** Of the maintenance database; put another database name behind the last slash for others. */
  url: string;
  pid: number;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts a real Postgres with a cluster of its own on a free loopback port. Made for tests: fsync is off. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const program = findServerBinary('postgres', 'postgresql');
  const port = await findFreePort();
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-postgres-'));
  const owner = unprivilegedUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(dirname(program), 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: folder,
      ...owner,
    },
  );
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
  const child = spawn(
    program,
    [
      '-D',
      data,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      folder,
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    { stdio: 'ignore', cwd: folder, ...owner },
  );
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await waitForPostgres(url);
  return {
    url,
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    async stop() {
      await stopChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Postgres refuses to run as root: use the account `postgres`, else `nobody`. null when we are not root. */
function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line =
    lines.find((text) => text.startsWith('postgres:')) ?? lines.find((text) => text.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function waitForPostgres(url: string): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
    try {
      await sql`select 1`;
      return;
    } catch {
      await sleep(100);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  throw new Error('postgres did not answer within 15 s');
}
