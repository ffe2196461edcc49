import { fdatasync, ftruncateSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** The disk operations that can fail in the middle of the day; a port, so that tests can fill the disk. */
export interface DiskPort {
  /** Bytes written, possibly fewer than asked; throws with a `code` such as ENOSPC. */
  write(fd: number, buffer: Buffer, offset: number, length: number, position: number): number;
  /** Cuts the file; throws as `write` does. */
  truncate(fd: number, length: number): void;
  datasync(fd: number): Promise<void>;
}

export const nodeDisk: DiskPort = {
  write: writeSync,
  truncate: ftruncateSync,
  datasync: promisify(fdatasync),
};

const FULL_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL_CODES.has(error.code);
}
