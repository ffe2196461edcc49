import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptFacts } from '@tollgate/core';
import { buildFacts, buildOutcome, buildUnknown } from '@tollgate/core/testing';
import { describe, expect, it } from 'vitest';
import { nodeDisk, type DiskPort } from './disk.ts';
import { JournalFullError } from './port.ts';
import { JournalFolder } from './testing/journal-folder.ts';

const STOP = { shipWithinMs: 2_000 };

/** Counts writes, and can be full after some bytes of the next one. */
class CountingDisk implements DiskPort {
  writes = 0;
  roomBytes = Infinity;
  canTruncate = true;

  write(fd: number, buffer: Buffer, offset: number, length: number, position: number): number {
    this.writes += 1;
    if (this.roomBytes <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const written = nodeDisk.write(fd, buffer, offset, Math.min(length, this.roomBytes), position);
    this.roomBytes -= written;
    return written;
  }

  truncate(fd: number, length: number): void {
    if (!this.canTruncate) throw new Error('EIO');
    nodeDisk.truncate(fd, length);
  }

  datasync = nodeDisk.datasync;
}

const buildMany = (count: number): AttemptFacts[] => Array.from({ length: count }, () => buildFacts());

function readSegments({ dir }: JournalFolder): string {
  const names = readdirSync(dir).filter((name) => /^\d+\.jnl$/.test(name));
  return names.map((name) => readFileSync(join(dir, name), 'utf8')).join('');
}

describe('attempts that are opened in one turn of the loop', () => {
  it('[MON-5] are one write, and on disk before any of them may be sent', async () => {
    using folder = new JournalFolder();
    const disk = new CountingDisk();
    const journal = await folder.open({ disk });
    const facts = buildMany(5);
    const seen: string[] = [];
    const openings = facts.map((each, index) =>
      // Some come later in the same turn, as the answers of one batch of the store do.
      Promise.resolve(index % 2 === 0 ? null : Promise.resolve())
        .then(() => journal.open(each))
        .then(() => seen.push(readSegments(folder))),
    );
    await Promise.all(openings);
    expect(disk.writes).toBe(1);
    expect(seen).toHaveLength(5);
    for (const text of seen) for (const { attemptId } of facts) expect(text).toContain(attemptId);
    await journal.stop(STOP);
  });

  it('[MON-5] are written before any event of the loop, and before a close', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const [first, second] = [buildFacts(), buildOutcome()];
    const isOpen = journal.open(first);
    await new Promise(setImmediate);
    expect(readSegments(folder)).toContain(first.attemptId);
    await isOpen;
    const isAlsoOpen = journal.open(second);
    journal.close(second);
    const text = readSegments(folder);
    expect(text.split(second.attemptId)).toHaveLength(3);
    await isAlsoOpen;
    await journal.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([second]);
  });

  it('[MON-6] all are refused when the disk takes but some of them, and none is found again', async () => {
    using folder = new JournalFolder();
    const disk = new CountingDisk();
    const journal = await folder.open({ disk });
    const before = buildFacts();
    await journal.open(before);
    disk.roomBytes = 1_000;
    const results = await Promise.allSettled(buildMany(5).map((each) => journal.open(each)));
    for (const result of results) expect(result).toMatchObject({ reason: expect.any(JournalFullError) });
    expect(journal.status().openAttempts).toBe(1);
    disk.roomBytes = Infinity;
    await journal.stop(STOP);
    const next = await folder.open();
    await next.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([buildUnknown(before)]);
  });

  it('a write that cannot be taken back is told, and the records that follow go over it', async () => {
    using folder = new JournalFolder();
    const disk = new CountingDisk();
    const journal = await folder.open({ disk });
    disk.roomBytes = 100;
    disk.canTruncate = false;
    await expect(journal.open(buildFacts())).rejects.toThrow(JournalFullError);
    expect(folder.alarms.map(({ message }) => message)).toContain('journal cannot take a torn write back');
    disk.roomBytes = Infinity;
    const outcome = buildOutcome();
    await journal.open(outcome);
    journal.close(outcome);
    await journal.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([outcome]);
  });

  it('one that no record holds is refused alone', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const good = buildFacts();
    const isOpen = journal.open(good);
    expect(() => journal.open(buildFacts({ model: 'x'.repeat(17 * 1024 * 1024) }))).toThrow(RangeError);
    await isOpen;
    expect(journal.status().openAttempts).toBe(1);
    await journal.stop(STOP);
  });

  it('the same attempt twice is one record, and both wait for it', async () => {
    using folder = new JournalFolder();
    const disk = new CountingDisk();
    const journal = await folder.open({ disk });
    const facts = buildFacts();
    await Promise.all([journal.open(facts), journal.open(facts)]);
    expect(readSegments(folder).split(facts.attemptId)).toHaveLength(2);
    await journal.open(facts);
    expect(disk.writes).toBe(1);
    await journal.stop(STOP);
  });

  it('[MON-6] a flush and a stop write them at once', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const [first, second] = [buildFacts(), buildFacts()];
    const opening = [journal.open(first)];
    const flushing = journal.flush();
    expect(readSegments(folder)).toContain(first.attemptId);
    await flushing;
    opening.push(journal.open(second));
    const stopping = journal.stop(STOP);
    expect(readSegments(folder)).toContain(second.attemptId);
    await Promise.all([stopping, ...opening]);
  });
});
