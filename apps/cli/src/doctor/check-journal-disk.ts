import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';

const MIB = 1_048_576;
/** Below this not even a short outage of Postgres fits. */
const FREE_BYTES_MIN = 64 * MIB;

/** MON-6: usage is on this disk before the client sees the end of an answer. */
export const checkJournalDisk: Check = {
  name: 'journal disk',
  run: async ({ journalDir, journalBytesMax }: DoctorSite) => {
    try {
      mkdirSync(journalDir, { recursive: true, mode: 0o700 });
      writeSynced(journalDir);
    } catch (fault) {
      const code = fault instanceof Error && 'code' in fault ? String(fault.code) : String(fault);
      return [failure(`${journalDir} cannot be written and synced (${code})`, selectMend(code))];
    }
    return [
      ok(`${journalDir} takes writes and syncs them`),
      judgeSpace(readFree(journalDir), journalBytesMax),
    ];
  },
};

function writeSynced(folder: string): void {
  const probe = mkdtempSync(join(folder, '.doctor-'));
  try {
    const file = openSync(join(probe, 'probe'), 'wx');
    writeSync(file, 'tollgate doctor');
    fsyncSync(file);
    closeSync(file);
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

function readFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export function judgeSpace(freeBytes: number, journalBytesMax: number): Look {
  const shown = `${Math.floor(freeBytes / MIB)} MiB free`;
  if (freeBytes < FREE_BYTES_MIN) {
    return failure(shown, 'make room: with a full journal new requests are answered 503');
  }
  if (freeBytes >= journalBytesMax) return ok(shown);
  const bound = Math.floor(journalBytesMax / MIB);
  const mend = 'make room, or lower TOLLGATE_JOURNAL_BYTES_MAX: it would fill up before its own bound';
  return warning(`${shown}, less than the journal may take (${bound} MiB)`, mend);
}

function selectMend(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') {
    return 'give the folder to the user that runs Tollgate, or set TOLLGATE_DATA_DIR';
  }
  if (code === 'EROFS') return 'mount the disk for writing, or set TOLLGATE_DATA_DIR';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'make room on the disk';
  return 'set TOLLGATE_DATA_DIR to a folder on a local disk';
}
