import { copyFile, link, readFile, rename, unlink } from 'node:fs/promises';
import { decodeFacts, decodeOutcome, type AttemptFacts, type Logger } from '@tollgate/core';
import type { Cursor } from './cursor-file.ts';
import { RECORD_OPEN, type RecordType } from './record-types.ts';
import { readPayload, scanRecords } from './scan-records.ts';
import { segmentPath, type Segment } from './segment-files.ts';

export interface Replay {
  segments: Segment[];
  /** Opened and never closed by a process that is gone, oldest first; counted in their segments. */
  unclosed: { facts: AttemptFacts; segment: Segment }[];
  /** Closed attempts behind the cursor: not confirmed yet. */
  pendingAttempts: number;
}

/** Reads what earlier processes left in `numbers` (ascending). Damage is reported, and never stops it. */
export async function replaySegments(
  dir: string,
  numbers: number[],
  cursor: Cursor,
  logger: Logger,
): Promise<Replay> {
  const state: ReplayState = { open: new Map(), closed: new Set(), pending: 0 };
  const segments: Segment[] = [];
  for (const number of numbers) {
    const segment = { number, path: segmentPath(dir, number), bytes: 0, openCount: 0 };
    const bytes = await readSegment(segment.path, logger);
    if (!bytes) continue;
    segment.bytes = bytes.length;
    segments.push(segment);
    const confirmed = number < cursor.segment ? Infinity : number === cursor.segment ? cursor.offset : 0;
    const scan = scanRecords(bytes, true, (record) =>
      noteRecord(state, segment, record.type, readPayload(bytes, record), record.start >= confirmed),
    );
    await reportDamage(segment.path, scan, logger);
  }
  const unclosed = [...state.open.values()];
  for (const { segment } of unclosed) segment.openCount += 1;
  return { segments, unclosed, pendingAttempts: state.pending };
}

interface ReplayState {
  open: Map<string, { facts: AttemptFacts; segment: Segment }>;
  closed: Set<string>;
  pending: number;
}

/** null: an empty file, deleted here, or one that the disk refuses to read, put aside under another name. */
async function readSegment(path: string, logger: Logger): Promise<Buffer | null> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > 0) return bytes;
    await unlink(path);
  } catch (error) {
    await rename(path, `${path}.damaged`);
    logger.error({ path, error }, 'journal segment cannot be read: all its records are lost');
  }
  return null;
}

function noteRecord(
  state: ReplayState,
  segment: Segment,
  type: RecordType,
  payload: string,
  isPending: boolean,
): void {
  if (type === RECORD_OPEN) {
    const facts = decodeFacts(payload);
    if (facts && !state.closed.has(facts.attemptId)) state.open.set(facts.attemptId, { facts, segment });
    return;
  }
  if (isPending) state.pending += 1;
  const id = decodeOutcome(payload)?.attemptId;
  if (id === undefined) return;
  state.closed.add(id);
  state.open.delete(id);
}

/** A torn end is what a crash leaves of its last write; a hole in the middle means that somebody's usage is gone. */
async function reportDamage(
  path: string,
  scan: { damagedBytes: number; tornBytes: number },
  logger: Logger,
): Promise<void> {
  if (scan.tornBytes > 0) {
    logger.warn({ path, tornBytes: scan.tornBytes }, 'journal segment has a torn end');
  }
  if (scan.damagedBytes === 0) return;
  const keptAs = `${path}.damaged`;
  await keepAside(path, keptAs, logger);
  logger.error(
    { path, keptAs, damagedBytes: scan.damagedBytes },
    'journal segment is damaged: the records in these bytes are lost, the others go on',
  );
}

/** The segment itself is deleted once shipped; a second name keeps its bytes for a closer look. */
async function keepAside(path: string, keptAs: string, logger: Logger): Promise<void> {
  try {
    await link(path, keptAs);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    await copyFile(path, keptAs).catch((copyError: unknown) => {
      logger.error({ path, keptAs, error: copyError }, 'damaged journal segment cannot be kept aside');
    });
  }
}
