import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  port: number;
  /** To the server and to all of its processes: SIGSTOP freezes the connections that are open, too. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** After a SIGKILL: the same data on the same port. Resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** A commit that was answered survives SIGKILL. Default false: faster. */
  survivesKill?: boolean;
}

/** Starts a real Postgres with a cluster of its own on a free loopback port. Made for tests: fsync is off. */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
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
  // Without a crash of the machine, what the server has given to the system is not lost: fsync would add nothing.
  const isSynchronous = options.survivesKill ? 'on' : 'off';
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=200'].concat(
    `synchronous_commit=${isSynchronous}`,
  );
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  for (const setting of settings) args.push('-c', setting);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const start = (): Promise<ChildProcess> =>
    startServing(() => spawn(program, args, { stdio: 'ignore', cwd: folder, ...owner }), url);
  let child = await start();
  return {
    url,
    port,
    signal: (name) => signalFamily(child, name),
    async restart() {
      await stopChild(child);
      child = await start();
    },
    async stop() {
      signalFamily(child, 'SIGCONT');
      await stopChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server first, so that it starts nobody in the place of those that are hit next. */
function signalFamily(child: ChildProcess, name: NodeJS.Signals): void {
  const family = listChildren(child.pid ?? 0);
  child.kill(name);
  for (const pid of family) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Each connection and each background task of Postgres is a process, in a group of its own. */
function listChildren(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readParent(pid) === parent);
}

/** null = it has ended meanwhile. */
function readParent(pid: number): number | null {
  try {
    // `pid (name) state ppid …`, where the name may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
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

/** A server that follows a killed one at once sometimes gives up as it starts (seen under load): it is started again. */
async function startServing(launch: () => ChildProcess, url: string): Promise<ChildProcess> {
  let child = launch();
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) child = launch();
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
    try {
      await sql`select 1`;
      return child;
    } catch {
      await sleep(100);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  await stopChild(child);
  throw new Error('postgres did not answer within 15 s');
}
