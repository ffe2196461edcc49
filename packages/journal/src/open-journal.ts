import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger, NodeId } from '@tollgate/core';
import { BatchBooker } from './batch-booker.ts';
import { CursorFile } from './cursor-file.ts';
import { JournalLockedError, lockDirectory } from './directory-lock.ts';
import { nodeDisk, type DiskPort } from './disk.ts';
import { DurableJournal } from './durable-journal.ts';
import { OpenAttempts } from './open-attempts.ts';
import { OutcomeBacklog } from './outcome-backlog.ts';
import type { Journal, UsageSink } from './port.ts';
import { RejectedFile } from './rejected-file.ts';
import { replaySegments } from './replay-segments.ts';
import { CURSOR_NAME, LOCK_NAME, REJECTED_NAME, listDirectory } from './segment-files.ts';
import { SegmentLog } from './segment-log.ts';
import { Shipper } from './shipper.ts';

export interface JournalOptions {
  /** Made when missing; one process at a time. */
  dir: string;
  sink: UsageSink;
  clock: Clock;
  logger: Logger;
  nodeId: NodeId;
  /** `open` refuses above this; 256 MiB. */
  bytesMax?: number;
  /** A new file begins here; 8 MiB, at most a quarter of `bytesMax`. */
  segmentBytes?: number;
  /** Power loss costs at most this; 50 ms. */
  fsyncIntervalMs?: number;
  /** Rest between two batches when there is little to ship; 200 ms. The first close after an idle one does not wait. */
  shipIntervalMs?: number;
  /** Rows a batch; 1,000. */
  shipBatchMax?: number;
  /** A batch without an answer counts as failed and is sent again; 30 s. */
  bookTimeoutMs?: number;
  /** Full-jitter pauses between failed batches: up to base × 2ⁿ, never above max; 100 ms, 5 s. */
  backoffBaseMs?: number;
  backoffMaxMs?: number;
  /** How long to wait for a predecessor that is just dying to let go of the directory; 2 s. */
  lockWaitMs?: number;
  /** Closes kept in memory while the disk refuses them; 10,000. */
  backlogMax?: number;
  random?: () => number;
  disk?: DiskPort;
}

const DEFAULTS = {
  bytesMax: 256 * 1024 * 1024,
  segmentBytes: 8 * 1024 * 1024,
  fsyncIntervalMs: 50,
  shipIntervalMs: 200,
  shipBatchMax: 1_000,
  bookTimeoutMs: 30_000,
  backoffBaseMs: 100,
  backoffMaxMs: 5_000,
  lockWaitMs: 2_000,
  backlogMax: 10_000,
  random: Math.random,
  disk: nodeDisk,
};

const LOCK_RETRY_MS = 20;

/**
 * Takes the directory, replays what earlier processes left (closed: shipped; never closed: booked as `unknown`)
 * and begins to ship. Rejects with JournalLockedError when another live process has the directory, and with
 * the file system's error when it cannot be used.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const settings = { ...DEFAULTS, ...options };
  await mkdir(settings.dir, { recursive: true });
  const unlock = await waitForLock(join(settings.dir, LOCK_NAME), settings);
  try {
    return await composeJournal(settings, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function waitForLock(
  path: string,
  { clock, lockWaitMs }: { clock: Clock; lockWaitMs: number },
): Promise<() => void> {
  const untilMs = clock.monotonicMs() + lockWaitMs;
  for (;;) {
    try {
      return lockDirectory(path);
    } catch (error) {
      if (!(error instanceof JournalLockedError) || clock.monotonicMs() >= untilMs) throw error;
      await sleep(LOCK_RETRY_MS);
    }
  }
}

async function composeJournal(
  settings: typeof DEFAULTS & JournalOptions,
  unlock: () => void,
): Promise<Journal> {
  const { dir, logger, bytesMax } = settings;
  const listing = await listDirectory(dir);
  if (listing.foreign.length > 0)
    logger.info({ dir, names: listing.foreign }, 'foreign files are left alone');
  const cursorFile = new CursorFile(join(dir, CURSOR_NAME));
  const replay = await replaySegments(dir, listing.segments, cursorFile.start, logger);
  const log = new SegmentLog({
    ...settings,
    segmentBytes: Math.min(settings.segmentBytes, Math.floor(bytesMax / 4)),
    old: replay.segments,
    firstNumber: Math.max(listing.highestNumber, cursorFile.start.segment) + 1,
  });
  const opens = new OpenAttempts();
  const backlog = new OutcomeBacklog(settings.backlogMax);
  const rejected = new RejectedFile(join(dir, REJECTED_NAME));
  const booker = new BatchBooker({ ...settings, rejected });
  const parts = { ...settings, log, booker, cursorFile, rejected, backlog, opens };
  const shipper = new Shipper({ ...parts, pendingAttempts: replay.pendingAttempts });
  const journal = new DurableJournal({
    ...parts,
    shipper,
    async release() {
      try {
        await log.close();
      } finally {
        cursorFile.close();
        unlock();
      }
    },
  });
  journal.start(replay.unclosed);
  logger.info({ dir, nodeId: settings.nodeId, ...journal.status() }, 'journal is open');
  return journal;
}
