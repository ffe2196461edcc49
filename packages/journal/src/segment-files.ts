import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SEGMENT_NAME = /^(\d{8,15})\.jnl$/;
export const REJECTED_NAME = 'rejected.jnl';
export const CURSOR_NAME = 'cursor';
export const LOCK_NAME = 'lock';
const OWN_NAMES: ReadonlySet<string> = new Set([REJECTED_NAME, CURSOR_NAME, LOCK_NAME]);

/** One append-only file; `bytes` counts whole records only, of which `openCount` are attempts still open. */
export interface Segment {
  number: number;
  path: string;
  bytes: number;
  openCount: number;
}

export interface DirectoryListing {
  /** Numbers of segment files, ascending. */
  segments: number[];
  /** Names that are not ours: never touched. */
  foreign: string[];
  /** The highest number that any name uses, so that a new segment never meets an old name. */
  highestNumber: number;
}

export function segmentPath(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(8, '0')}.jnl`);
}

export async function listDirectory(dir: string): Promise<DirectoryListing> {
  const listing: DirectoryListing = { segments: [], foreign: [], highestNumber: 0 };
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const number = Number(SEGMENT_NAME.exec(entry.name)?.[1] ?? 0);
    listing.highestNumber = Math.max(listing.highestNumber, number);
    if (number > 0 && entry.isFile()) listing.segments.push(number);
    else if (!OWN_NAMES.has(entry.name) && !entry.name.endsWith('.damaged')) {
      listing.foreign.push(entry.name);
    }
  }
  listing.segments.sort((a, b) => a - b);
  return listing;
}
