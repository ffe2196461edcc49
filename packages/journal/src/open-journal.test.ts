import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { encodeOutcome } from '@tollgate/core';
import { JournalFullError } from './port.ts';
import { buildFacts, buildOutcome, buildUnknown } from '@tollgate/core/testing';
import { JournalFolder } from './testing/journal-folder.ts';
import { buildPermanentError } from './testing/memory-sink.ts';

const STOP = { shipWithinMs: 2_000 };

describe('the journal', () => {
  it('[MON-5] books an attempt once, with what closed it first', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const outcome = buildOutcome();
    await journal.open(outcome);
    expect(journal.status()).toMatchObject({ openAttempts: 1, pendingAttempts: 0 });
    journal.close(outcome);
    journal.close({ ...outcome, state: 'failed' });
    expect(journal.status()).toMatchObject({ openAttempts: 0, pendingAttempts: 1 });
    await vi.waitFor(() => expect(journal.status().pendingAttempts).toBe(0));
    journal.close({ ...outcome, state: 'failed' });
    await journal.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([outcome]);
    expect(folder.sink.batchSizes).toEqual([1]);
    expect(folder.alarms).toEqual([]);
  });

  it('[MON-5] books a close whose open it never saw, and ships no open alone', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const stranger = buildOutcome();
    await journal.open(buildFacts());
    journal.close(stranger);
    await journal.flush();
    await vi.waitFor(() => expect(folder.sink.rows.size).toBe(1));
    await sleep(20);
    expect([...folder.sink.rows.values()]).toEqual([stranger]);
    await journal.stop(STOP);
    expect(folder.sink.rows.size).toBe(1);
  });

  it('[MON-6] books what nobody closed as unknown at the next start, once', async () => {
    using folder = new JournalFolder();
    const facts = buildFacts();
    const first = await folder.open();
    await first.open(facts);
    await first.stop(STOP);
    const second = await folder.open();
    expect(second.status()).toMatchObject({ openAttempts: 0, pendingAttempts: 1 });
    await second.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([buildUnknown(facts)]);
    const third = await folder.open();
    await third.stop(STOP);
    expect(folder.sink.batchSizes).toEqual([1]);
  });

  it('[MON-6] ships closed attempts of an earlier life, and does not ship them again in the next', async () => {
    using folder = new JournalFolder();
    folder.sink.fault = () => new Error('connection refused');
    const outcomes = Array.from({ length: 30 }, () => buildOutcome());
    const first = await folder.open({ shipBatchMax: 7, bytesMax: 40_000 });
    for (const outcome of outcomes) {
      await first.open(outcome);
      first.close(outcome);
    }
    await first.stop({ shipWithinMs: 20 });
    expect(folder.sink.rows.size).toBe(0);

    folder.sink.fault = null;
    const second = await folder.open({ shipBatchMax: 7 });
    expect(second.status().pendingAttempts).toBe(30);
    await second.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual(outcomes);

    const calls = folder.sink.batchSizes.length;
    const third = await folder.open();
    expect(third.status().pendingAttempts).toBe(0);
    await third.stop(STOP);
    expect(folder.sink.batchSizes.length).toBe(calls);
  });

  it('[MON-6] waits for a sink that is down, says since when, and goes on in order', async () => {
    using folder = new JournalFolder();
    folder.sink.fault = () => new Error('connection refused');
    const journal = await folder.open({ shipBatchMax: 10 });
    const outcomes = Array.from({ length: 45 }, () => buildOutcome());
    for (const outcome of outcomes) journal.close(outcome);
    await vi.waitFor(() => expect(folder.sink.batchSizes.length).toBeGreaterThan(5));
    expect(journal.status().shipFailingSinceMs).toBeTypeOf('number');
    expect(folder.alarms).toHaveLength(1);
    folder.sink.fault = null;
    await vi.waitFor(() => expect(journal.status().pendingAttempts).toBe(0));
    expect(journal.status().shipFailingSinceMs).toBeNull();
    expect([...folder.sink.rows.values()]).toEqual(outcomes);
    await journal.stop(STOP);
  });

  it('ships at once what is closed while it looks for the first time', async () => {
    using folder = new JournalFolder();
    const journal = await folder.open({ shipIntervalMs: 3_600_000 });
    journal.close(buildOutcome());
    await vi.waitFor(() => expect(folder.sink.batchSizes).toEqual([1]));
    await journal.stop(STOP);
    expect(folder.sink.batchSizes).toEqual([1]);
  });

  it('ships the first close after a rest at once, and the ones that follow together', async () => {
    using folder = new JournalFolder();
    // Nobody waits an hour: what is shipped before the stop was not waited for.
    const journal = await folder.open({ shipIntervalMs: 3_600_000 });
    await sleep(20);
    const outcomes = Array.from({ length: 4 }, () => buildOutcome());
    for (const outcome of outcomes.slice(0, 1)) journal.close(outcome);
    await vi.waitFor(() => expect(folder.sink.batchSizes).toEqual([1]));
    for (const outcome of outcomes.slice(1)) journal.close(outcome);
    await sleep(20);
    expect(folder.sink.batchSizes).toEqual([1]);
    await journal.stop(STOP);
    expect(folder.sink.batchSizes).toEqual([1, 3]);
    expect([...folder.sink.rows.values()]).toEqual(outcomes);
  });

  it('puts a line aside that its mark promised to be one, and books its neighbours', async () => {
    using folder = new JournalFolder();
    const { RecordEncoder } = await import('./record-encoder.ts');
    const encoder = new RecordEncoder();
    const good = [buildOutcome(), buildOutcome()];
    const texts = [encodeOutcome(good[0]!), '2\tgarbage', '', encodeOutcome(good[1]!)];
    const records = texts.map((text) => Buffer.from(encoder.buffer.subarray(0, encoder.encode(2, text))));
    writeFileSync(join(folder.dir, '00000001.jnl'), Buffer.concat(records));
    const journal = await folder.open();
    await journal.stop(STOP);
    expect(journal.status().pendingAttempts).toBe(0);
    expect([...folder.sink.rows.values()]).toEqual(good);
    expect(readFileSync(join(folder.dir, 'rejected.jnl'), 'utf8')).toContain('garbage');
    expect(folder.alarms.filter(({ message }) => message.includes('put aside'))).toHaveLength(2);
  });

  it('sends a batch again when the sink never answers, and a stop does not hang on it', async () => {
    using folder = new JournalFolder();
    let calls = 0;
    const deaf = {
      book: () => {
        calls += 1;
        return new Promise<void>(() => {});
      },
    };
    const journal = await folder.open({ sink: deaf, bookTimeoutMs: 10 });
    journal.close(buildOutcome());
    await vi.waitFor(() => expect(calls).toBeGreaterThan(2));
    await journal.stop({ shipWithinMs: 30 });
    expect(() => journal.open(buildFacts())).toThrow('stopped');
    await expect(journal.stop(STOP)).resolves.toBeUndefined();
  });

  it('puts a poisonous row aside and books its neighbours', async () => {
    using folder = new JournalFolder();
    const outcomes = Array.from({ length: 20 }, () => buildOutcome());
    const poison = outcomes[13]?.attemptId ?? '';
    folder.sink.fault = (batch) =>
      batch.some((row) => row.attemptId === poison) ? buildPermanentError() : null;
    const journal = await folder.open();
    for (const outcome of outcomes) journal.close(outcome);
    await journal.stop(STOP);
    expect([...folder.sink.rows.keys()]).toEqual(
      outcomes.map((row) => row.attemptId).filter((id) => id !== poison),
    );
    expect(readFileSync(join(folder.dir, 'rejected.jnl'), 'utf8')).toContain(poison);
    expect(folder.alarms.at(-1)?.message).toContain('put aside');
    expect(folder.alarms.at(-1)?.detail).toMatchObject({ attemptId: poison });
  });

  it('[MON-6] refuses to open at its bound, still takes closes, and opens again when it could ship', async () => {
    using folder = new JournalFolder();
    folder.sink.fault = () => new Error('connection refused');
    const bytesMax = 64 * 1024;
    const journal = await folder.open({ bytesMax, shipBatchMax: 50 });
    const closed: string[] = [];
    const held = buildOutcome();
    await journal.open(held);
    const fill = async (): Promise<never> => {
      for (;;) {
        const outcome = buildOutcome();
        await journal.open(outcome);
        closed.push(outcome.attemptId);
        journal.close(outcome);
      }
    };
    await expect(fill()).rejects.toThrow(JournalFullError);
    expect(journal.status().bytesOnDisk).toBeLessThan(bytesMax + 2_000);
    const late = buildOutcome();
    journal.close(late);
    expect(folder.alarms.filter(({ message }) => message.includes('refuses'))).toHaveLength(1);

    folder.sink.fault = null;
    await vi.waitFor(() => expect(journal.status().bytesOnDisk).toBeLessThan(bytesMax / 2));
    await journal.open(buildFacts());
    await vi.waitFor(() => expect([...folder.sink.rows.keys()]).toEqual([...closed, late.attemptId]));
    // The attempt that held the first segment was carried forward, not forgotten.
    await journal.stop(STOP);
    const next = await folder.open();
    await next.stop(STOP);
    expect(folder.sink.rows.get(held.attemptId)?.state).toBe('unknown');
  });

  it('leaves foreign files alone and starts beside empty, foreign and garbage segments', async () => {
    using folder = new JournalFolder();
    writeFileSync(join(folder.dir, 'notes.txt'), 'mine');
    writeFileSync(join(folder.dir, '00000001.jnl'), '');
    writeFileSync(join(folder.dir, '00000002.jnl'), Buffer.alloc(5_000, 0xf5));
    writeFileSync(join(folder.dir, 'cursor'), 'garbage');
    mkdirSync(join(folder.dir, '00000007.jnl'));
    const journal = await folder.open();
    const outcome = buildOutcome();
    journal.close(outcome);
    await journal.stop(STOP);
    expect([...folder.sink.rows.values()]).toEqual([outcome]);
    expect(readdirSync(folder.dir)).toEqual(expect.arrayContaining(['notes.txt', '00000007.jnl']));
  });

  it('rejects a directory that it cannot use', async () => {
    using folder = new JournalFolder();
    writeFileSync(join(folder.dir, 'file'), '');
    await expect(folder.open({ dir: join(folder.dir, 'file', 'journal') })).rejects.toThrow('ENOTDIR');
  });
});
