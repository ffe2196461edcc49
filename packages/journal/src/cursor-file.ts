import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Everything before this point is booked. Segment numbers are never used twice. */
export interface Cursor {
  segment: number;
  offset: number;
}

const FILE_BYTES = 64;
const CURSOR_LINE = /^(\d{1,15}) (\d{1,15}) (\d{1,10}) *\n$/;

/**
 * The confirmed position, overwritten in place. It is a hint: lost or torn, it reads as the very beginning,
 * and rows are booked again, which the sink ignores by attempt id.
 */
export class CursorFile {
  readonly #fd: number;
  readonly start: Cursor;

  constructor(path: string) {
    this.start = readCursor(path);
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    // Takes its disk block now: moving the cursor later must work on a full disk.
    this.write(this.start);
  }

  write(cursor: Cursor): void {
    const text = `${cursor.segment} ${cursor.offset}`;
    const line = `${text} ${crc32(text)}`.padEnd(FILE_BYTES - 1);
    writeSync(this.#fd, `${line}\n`, 0, 'latin1');
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function readCursor(path: string): Cursor {
  const match = CURSOR_LINE.exec(readText(path));
  if (!match || crc32(`${match[1]} ${match[2]}`) !== Number(match[3])) return { segment: 0, offset: 0 };
  return { segment: Number(match[1]), offset: Number(match[2]) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
