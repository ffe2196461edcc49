import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another live process has the folder open. */
export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError';
}

/** A take-over is a few file operations in a row; one that lasts longer was killed half-way. */
const TAKEOVER_MS_MAX = 10_000;

/**
 * Makes `folder` (readable by its owner only) and holds it for this process by a file with its pid, until the
 * returned function is called. The lock of a process that is gone is taken over. Throws DataDirLockedError.
 * Knows processes of this machine (and container) only.
 */
export function lockDataDir(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  const draft = join(folder, `lock.${process.pid}`);
  const identity = describeProcess(process.pid);
  writeFileSync(draft, identity, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and fails if the name is taken.
    if (!tryLink(draft, path)) takeOver(folder, path, draft);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readIfThere(path) === identity) rmSync(path, { force: true });
  };
}

/** Guarded by a second name, so that of two who find the same stale lock only one replaces it. */
function takeOver(folder: string, path: string, draft: string): void {
  const guard = join(folder, 'lock.takeover');
  if (isOlderThan(guard, TAKEOVER_MS_MAX)) rmSync(guard, { force: true });
  if (!tryLink(draft, guard)) throw new DataDirLockedError(`${folder} is being opened by another process`);
  try {
    const holder = readIfThere(path);
    if (holder !== null && isAlive(holder)) {
      throw new DataDirLockedError(
        `${folder} is in use by process ${holder.split(' ')[0]}: stop it, or choose another data folder`,
      );
    }
    renameSync(draft, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

/**
 * `<pid> <start>`: pids are used again, and a container's main process has the same pid after each restart, so
 * the start time goes with it where the system tells it (Linux: field 22 of /proc/<pid>/stat, and the boot).
 */
function describeProcess(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  // The program's name stands in parentheses and may hold anything.
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${boot}:${start}`;
}

function isAlive(identity: string): boolean {
  const pid = Number.parseInt(identity, 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM = alive, of another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return describeProcess(pid) === identity;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function isOlderThan(path: string, ageMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > ageMs;
}
