import { describe, expect, it, vi } from 'vitest';
import { nodeDisk, type DiskPort } from './disk.ts';
import { JournalFullError } from './port.ts';
import { buildFacts, buildOutcome } from '@tollgate/core/testing';
import { JournalFolder } from './testing/journal-folder.ts';

const STOP = { shipWithinMs: 2_000 };

/** A disk that is full from time to time: it takes half of a record first, as real ones do. */
class FillingDisk implements DiskPort {
  isFull = false;
  syncError: Error | null = null;

  write(fd: number, buffer: Buffer, offset: number, length: number, position: number): number {
    if (!this.isFull) return nodeDisk.write(fd, buffer, offset, length, position);
    if (offset > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    return nodeDisk.write(fd, buffer, offset, length >> 1, position);
  }

  truncate(fd: number, length: number): void {
    nodeDisk.truncate(fd, length);
  }

  datasync(fd: number): Promise<void> {
    return this.syncError ? Promise.reject(this.syncError) : nodeDisk.datasync(fd);
  }
}

describe('a full disk', () => {
  it('[MON-6] refuses new attempts and loses no close', async () => {
    using folder = new JournalFolder();
    const disk = new FillingDisk();
    const journal = await folder.open({ disk });
    folder.sink.fault = () => new Error('connection refused');
    const before = buildOutcome();
    await journal.open(before);
    disk.isFull = true;
    await expect(journal.open(buildFacts())).rejects.toThrow(JournalFullError);
    journal.close(before);
    const strangers = [buildOutcome(), buildOutcome()];
    for (const outcome of strangers) journal.close(outcome);
    await expect(journal.open(buildFacts())).rejects.toThrow(JournalFullError);
    expect(journal.status()).toMatchObject({ pendingAttempts: 3, openAttempts: 0 });
    expect(folder.alarms.map(({ message }) => message)).toEqual(
      [
        'journal refuses requests',
        'journal cannot write: closed attempts wait in memory',
        expect.stringContaining('usage cannot be booked'),
      ].slice(0, folder.alarms.length),
    );

    disk.isFull = false;
    const after = buildOutcome();
    await journal.open(after);
    journal.close(after);
    folder.sink.fault = null;
    await journal.stop(STOP);
    expect(new Set(folder.sink.rows.values())).toEqual(new Set([before, ...strangers, after]));
    // What is on disk is whole again: a new life finds nothing to mend and nothing to ship.
    const next = await folder.open();
    expect(next.status()).toMatchObject({ pendingAttempts: 0 });
    await next.stop(STOP);
  });

  it('[MON-6] ships from memory while the disk stays full', async () => {
    using folder = new JournalFolder();
    const disk = new FillingDisk();
    const journal = await folder.open({ disk });
    const outcome = buildOutcome();
    await journal.open(outcome);
    disk.isFull = true;
    journal.close(outcome);
    await vi.waitFor(() => expect([...folder.sink.rows.values()]).toEqual([outcome]));
    await vi.waitFor(() => expect(journal.status().pendingAttempts).toBe(0));
    await journal.stop(STOP);
    disk.isFull = false;
    // The disk still says "opened": the second row for it is the sink's to ignore.
    const next = await folder.open();
    await next.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([outcome]);
  });

  it('keeps at most its bound in memory, and writes what is beyond into the log', async () => {
    using folder = new JournalFolder();
    const disk = new FillingDisk();
    folder.sink.fault = () => new Error('connection refused');
    const journal = await folder.open({ disk, backlogMax: 2 });
    disk.isFull = true;
    const outcomes = [buildOutcome(), buildOutcome(), buildOutcome()];
    for (const outcome of outcomes) journal.close(outcome);
    expect(journal.status().pendingAttempts).toBe(2);
    const last = folder.alarms.at(-1);
    expect(last?.message).toContain('lost');
    expect(JSON.stringify(last?.detail)).toContain(outcomes[2]?.attemptId);
    disk.isFull = false;
    await journal.stop({ shipWithinMs: 0 });
  });

  it('tells flush() about a disk that cannot sync, and goes on when it can', async () => {
    using folder = new JournalFolder();
    const disk = new FillingDisk();
    const journal = await folder.open({ disk });
    disk.syncError = new Error('EIO');
    await journal.open(buildFacts());
    await expect(journal.flush()).rejects.toThrow('EIO');
    disk.syncError = null;
    await journal.flush();
    await journal.stop(STOP);
  });
});
