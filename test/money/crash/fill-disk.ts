import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/**
 * For one process the disk is full: it may write no file beyond the first byte (EFBIG, which is to the journal what
 * ENOSPC is). Pipes and sockets are not touched. Node ignores the signal that comes with it. Needs util-linux.
 */
export async function fillDisk(pid: number): Promise<void> {
  await runFile('prlimit', ['--pid', String(pid), '--fsize=1:']);
}

export async function freeDisk(pid: number): Promise<void> {
  await runFile('prlimit', ['--pid', String(pid), '--fsize=unlimited:']);
}
