import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptOutcome } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from './disk.ts';
import type { Journal, UsageSink } from './port.ts';
import { buildOutcome, buildUnknown } from '@tollgate/core/testing';
import { JournalFolder } from './testing/journal-folder.ts';

/** Disks of CI machines can be slow; nothing here depends on the time. */
const LONG = { timeout: 120_000 };

/** What must be booked in the end, by attempt; `open` means that nobody closed it yet. */
type Expected = { outcome: AttemptOutcome; ended: 'open' | 'closed' | 'unknown' };

class World {
  readonly folder: JournalFolder;
  readonly attempts: Expected[] = [];
  lives = 0;
  journal: Journal | null = null;
  #dir = '';
  #life = { isDead: false };

  constructor(folder: JournalFolder) {
    this.folder = folder;
  }

  async start(): Promise<void> {
    const life = { isDead: false };
    const sink: UsageSink = {
      book: (batch) => (life.isDead ? Promise.reject(new Error('dead')) : this.folder.sink.book(batch)),
    };
    const next = join(this.folder.dir, `life-${this.lives}`);
    if (this.lives > 0) copyFiles(this.#dir, next);
    // From here on the earlier life changes nothing that we see: as good as killed.
    this.#life.isDead = true;
    const dead = this.journal;
    const deadDir = this.#dir;
    this.#life = life;
    this.#dir = next;
    this.lives += 1;
    await dead?.stop({ shipWithinMs: 0 });
    if (dead) rmSync(deadDir, { recursive: true });
    for (const attempt of this.attempts) if (attempt.ended === 'open') attempt.ended = 'unknown';
    this.journal = await this.folder.open({
      dir: next,
      sink,
      segmentBytes: 5_000,
      bytesMax: 40_000,
      shipBatchMax: 3,
      disk: { ...nodeDisk, datasync: () => Promise.resolve() },
    });
  }

  /** In one turn of the loop. */
  async open(count: number): Promise<void> {
    // Every third has no line, and goes another way.
    const outcomes = Array.from({ length: count }, (_, index) =>
      buildOutcome(undefined, (this.attempts.length + index) % 3 === 0 ? { model: 'a\tb' } : {}),
    );
    // Full is an answer too: then nothing was opened.
    const results = await Promise.allSettled(outcomes.map((outcome) => this.journal?.open(outcome)));
    const opened = outcomes.filter((_, index) => results[index]?.status === 'fulfilled');
    this.attempts.push(...opened.map((outcome) => ({ outcome, ended: 'open' as const })));
  }

  close(index: number): void {
    const attempt = this.attempts[index % Math.max(1, this.attempts.length)];
    if (!attempt) return;
    const again = attempt.ended === 'open' ? attempt.outcome : buildOutcome(attempt.outcome, { status: 599 });
    this.journal?.close(again);
    if (attempt.ended === 'open') attempt.ended = 'closed';
  }

  closeStranger(): void {
    const outcome = buildOutcome();
    this.journal?.close(outcome);
    this.attempts.push({ outcome, ended: 'closed' });
  }

  async cleanRestart(): Promise<void> {
    await this.journal?.stop({ shipWithinMs: 5 });
    this.journal = null;
    await this.start();
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: 1, max: 4 }).map((count) => ({ kind: 'open' as const, count })),
  },
  { weight: 8, arbitrary: fc.nat().map((index) => ({ kind: 'close' as const, index })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close stranger' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.boolean().map((isUp) => ({ kind: 'sink' as const, isUp })) },
  { weight: 2, arbitrary: fc.nat(8).map((ms) => ({ kind: 'wait' as const, ms })) },
);

async function play(world: World, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  for (const move of steps) {
    if (move.kind === 'open') await world.open(move.count);
    else if (move.kind === 'close') world.close(move.index);
    else if (move.kind === 'close stranger') world.closeStranger();
    else if (move.kind === 'crash') await world.start();
    else if (move.kind === 'restart') await world.cleanRestart();
    else if (move.kind === 'wait') await new Promise((resolve) => setTimeout(resolve, move.ms));
    else world.folder.sink.fault = move.isUp ? null : () => new Error('connection refused');
  }
}

describe('the journal against a model', () => {
  it('[MON-5] [MON-6] books what was closed, first close first, and all else as unknown', LONG, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        using folder = new JournalFolder();
        const world = new World(folder);
        await world.start();
        await play(world, steps);
        world.folder.sink.fault = null;
        await world.start();
        await world.journal?.stop({ shipWithinMs: 5_000 });
        const expected = new Map(
          world.attempts.map(({ outcome, ended }) => [outcome.attemptId, { state: toState(ended), outcome }]),
        );
        expect(world.folder.sink.rows.size).toBe(expected.size);
        for (const [id, { state, outcome }] of expected) {
          const row = world.folder.sink.rows.get(id);
          expect(row).toEqual(state === 'unknown' ? { ...outcome, ...buildUnknownPart() } : outcome);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

function toState(ended: Expected['ended']): 'unknown' | 'settled' {
  return ended === 'closed' ? 'settled' : 'unknown';
}

/** What a kill at this moment leaves: all but the lock. A deletion that is under way may win the race. */
function copyFiles(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === 'lock') continue;
    try {
      copyFileSync(join(from, name), join(to, name));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOENT' });
    }
  }
}

/** Only the fields that an outcome has beyond its facts. */
function buildUnknownPart(): Partial<AttemptOutcome> {
  const { state, status, errorCode, usage, extra, priceVersion, standardCost, actualCost } =
    buildUnknown(buildOutcome());
  const rest = { durationMs: 0, firstTokenMs: null, upstreamRequestId: null, media: null };
  return { state, status, errorCode, usage, extra, priceVersion, standardCost, actualCost, ...rest };
}
