import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Another live process owns the directory: two writers would mix their segments. */
export class JournalLockedError extends Error {
  override readonly name = 'JournalLockedError';
}

interface Holder {
  pid: number;
  /** Start of the process in ticks since boot; null where the system does not tell. */
  startTicks: string | null;
}

const TRIES_MAX = 20;
/** Dead, but nobody asked for its exit code yet: a killed process under a careless parent stays so for ever. */
const ZOMBIE_STATES: ReadonlySet<unknown> = new Set(['Z', 'X']);
/** Counted from the state: field 22 of the file. */
const START_TICKS_FIELD = 19;

/**
 * Takes `path` for this process; returns what gives it back. A lock of a dead process is taken over: its pid
 * is gone, or belongs to a process that started at another time (pids repeat, in containers all the time).
 */
export function lockDirectory(path: string): () => void {
  const own = JSON.stringify({
    pid: process.pid,
    startTicks: readProcessStat(process.pid)[START_TICKS_FIELD] ?? null,
  });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      if (tryLink(draft, path)) return () => rmSync(path, { force: true });
      removeStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new JournalLockedError(`cannot take ${path}: other processes keep taking it`);
}

/** A link appears whole or not at all, so nobody ever reads a half-written lock. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function removeStale(path: string): void {
  const text = readLock(path);
  if (text === null) return;
  const holder = parseHolder(text);
  if (holder && isAlive(holder)) {
    throw new JournalLockedError(`${path} is held by the live process ${holder.pid}; use another directory`);
  }
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  // Somebody faster may have replaced the stale lock by a good one between our look and our move: put it back.
  if (readLock(aside) !== text) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** null = not a lock that we wrote: nobody can be alive behind it. */
function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    if (typeof value?.pid !== 'number' || !Number.isSafeInteger(value.pid) || value.pid <= 0) return null;
    return { pid: value.pid, startTicks: typeof value.startTicks === 'string' ? value.startTicks : null };
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (!hasCode(error, 'EPERM')) return false;
  }
  const fields = readProcessStat(holder.pid);
  if (ZOMBIE_STATES.has(fields[0])) return false;
  const startTicks = fields[START_TICKS_FIELD];
  return startTicks === undefined || holder.startTicks === null || startTicks === holder.startTicks;
}

/**
 * The fields of /proc/PID/stat from the third (the state) on; the name before it may hold spaces and brackets,
 * so count from its end. Empty where there is no such file.
 */
function readProcessStat(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
