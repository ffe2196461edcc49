import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from './disk.ts';
import { buildOutcome, buildUnknown } from '@tollgate/core/testing';
import { JournalFolder } from './testing/journal-folder.ts';

const STOP = { shipWithinMs: 2_000 };
/** Hundreds of journals are opened; disks of CI machines can be slow. */
const LONG = { timeout: 120_000 };

/** A segment with `count` attempts, opened and closed, and none of it booked. */
async function writeSegment(count: number) {
  using folder = new JournalFolder();
  folder.sink.fault = () => new Error('down');
  const journal = await folder.open();
  const outcomes = Array.from({ length: count }, () => buildOutcome());
  const ends: number[] = [];
  for (const outcome of outcomes) {
    await journal.open(outcome);
    ends.push(journal.status().bytesOnDisk);
    journal.close(outcome);
    ends.push(journal.status().bytesOnDisk);
  }
  await journal.stop({ shipWithinMs: 0 });
  return { bytes: readFileSync(join(folder.dir, '00000001.jnl')), outcomes, ends };
}

async function replay(bytes: Buffer) {
  using folder = new JournalFolder();
  const path = join(folder.dir, '00000001.jnl');
  writeFileSync(path, bytes);
  const journal = await folder.open({ disk: { ...nodeDisk, datasync: () => Promise.resolve() } });
  await journal.stop(STOP);
  const damaged = existsSync(`${path}.damaged`) ? readFileSync(`${path}.damaged`) : null;
  return { rows: [...folder.sink.rows.values()], alarms: folder.alarms, damaged };
}

describe('a damaged journal', () => {
  it('[MON-6] replays the whole records before a cut at every byte', LONG, async () => {
    const { bytes, outcomes, ends } = await writeSegment(1);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const whole = ends.filter((end) => end <= cut).length;
      const expected = outcomes.slice(0, whole >> 1);
      const half = outcomes[whole >> 1];
      if (whole % 2 === 1 && half) expected.push(onlyUnknown(half));
      const { rows, alarms } = await replay(bytes.subarray(0, cut));
      expect(rows, `cut at ${cut}`).toEqual(expected);
      expect(alarms).toEqual([]);
    }
  });

  it('[MON-6] reports a hole in the middle, keeps the file, and ships the rest', async () => {
    const { bytes, outcomes, ends } = await writeSegment(3);
    const broken = Buffer.from(bytes);
    broken.fill(0, (ends[2] ?? 0) + 5, (ends[3] ?? 0) - 5);
    const { rows, alarms, damaged } = await replay(broken);
    expect(rows.map((row) => [row.attemptId, row.state])).toEqual([
      [outcomes[0]?.attemptId, 'settled'],
      [outcomes[2]?.attemptId, 'settled'],
      [outcomes[1]?.attemptId, 'unknown'],
    ]);
    expect(damaged?.equals(broken)).toBe(true);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.detail).toMatchObject({ damagedBytes: (ends[3] ?? 0) - (ends[2] ?? 0) });
  });

  it('[MON-6] never crashes on damage, and never books a row that was not written', async () => {
    const { bytes, outcomes } = await writeSegment(4);
    const allowed = new Set(outcomes.flatMap((outcome) => [outcome, onlyUnknown(outcome)]).map(toText));
    const hit = fc.record({ at: fc.nat(bytes.length - 1), flip: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(hit, { minLength: 1, maxLength: 8 }), fc.nat(200), async (hits, cut) => {
        const broken = Buffer.from(bytes);
        for (const { at, flip } of hits) broken.writeUInt8(broken.readUInt8(at) ^ flip, at);
        const { rows } = await replay(broken.subarray(0, broken.length - cut));
        for (const row of rows) expect(allowed).toContain(toText(row));
        expect(rows.length).toBeGreaterThanOrEqual(outcomes.length - hits.length - 1);
      }),
      { numRuns: 60 },
    );
  });

  it('puts whole records of another version aside instead of dropping them', async () => {
    const { RecordEncoder } = await import('./record-encoder.ts');
    const encoder = new RecordEncoder();
    const length = encoder.encode(2, '[99,"from the future"]');
    using folder = new JournalFolder();
    writeFileSync(join(folder.dir, '00000004.jnl'), encoder.buffer.subarray(0, length));
    const journal = await folder.open();
    await journal.stop(STOP);
    expect(journal.status().pendingAttempts).toBe(0);
    expect(readFileSync(join(folder.dir, 'rejected.jnl'), 'utf8')).toContain('from the future');
    expect(readdirSync(folder.dir)).not.toContain('00000004.jnl');
    expect(folder.alarms).toHaveLength(1);
  });
});

function onlyUnknown(outcome: ReturnType<typeof buildOutcome>) {
  const { attemptId, requestId, nodeId, atMs, userId, keyId, groupId, accountId } = outcome;
  const { protocol, model, upstreamModel, stream, rateMultiplier, subscriptionId } = outcome;
  const ids = { attemptId, requestId, nodeId, atMs, userId, keyId, groupId, accountId };
  return buildUnknown({ ...ids, protocol, model, upstreamModel, stream, rateMultiplier, subscriptionId });
}

function toText(row: object): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
