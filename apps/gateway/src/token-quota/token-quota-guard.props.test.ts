import { TOKEN_QUOTA_PERIOD_MS, type TokenQuota, type TokenQuotaSource } from '@tollgate/core';
import { createLocalStore } from '@tollgate/store';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USER_ID } from '../testing/build-snapshots.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { TokenQuotaGuard } from './token-quota-guard.ts';

type Event =
  | { do: 'ask' | 'answer' | 'fail' | 'raise' | 'reset' | 'lose-store' | 'find-store' }
  | { do: 'settle'; tokens: number }
  | { do: 'wait'; ms: number };

const plain = (...names: Exclude<Event['do'], 'settle' | 'wait'>[]) =>
  fc.constantFrom(...names).map((name): Event => ({ do: name }));

const events = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: plain('ask') },
    { weight: 5, arbitrary: plain('answer') },
    { weight: 1, arbitrary: plain('fail', 'raise', 'reset', 'lose-store', 'find-store') },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: 300 }).map((tokens): Event => ({ do: 'settle', tokens })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(1, 30_000, 60_000, 86_400_000, TOKEN_QUOTA_PERIOD_MS)
        .map((ms): Event => ({ do: 'wait', ms })),
    },
  ),
  { maxLength: 60 },
);

/** Postgres that answers when it is told to; a read sees the row of the moment at which it began. */
class SlowSource implements TokenQuotaSource {
  row: TokenQuota = { limit: 500, usage: 0, lastResetAtMs: null };
  readonly #running: { answer(): void; fail(): void }[] = [];
  mostAtOnce = 0;

  read(): Promise<TokenQuota> {
    return this.#begin(this.row);
  }

  resetIfDue(_: unknown, nowMs: number): Promise<TokenQuota> {
    const { lastResetAtMs } = this.row;
    if (lastResetAtMs === null || lastResetAtMs + TOKEN_QUOTA_PERIOD_MS <= nowMs)
      this.row = { ...this.row, usage: 0, lastResetAtMs: nowMs };
    return this.#begin(this.row);
  }

  finish(how: 'answer' | 'fail'): boolean {
    const call = this.#running.shift();
    call?.[how]();
    return call !== undefined;
  }

  #begin(row: TokenQuota): Promise<TokenQuota> {
    const { promise, resolve, reject } = Promise.withResolvers<TokenQuota>();
    this.#running.push({ answer: () => resolve(row), fail: () => reject(new Error('away')) });
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.length);
    return promise;
  }
}

class World {
  readonly clock = new ManualClock();
  readonly source = new SlowSource();
  readonly answers: (string | null)[] = [];
  readonly #store = createLocalStore({ clock: this.clock });
  isStoreGone = false;
  asked = 0;
  readonly #guard = new TokenQuotaGuard({
    store: overrideStore(this.#store, {
      admit: (request) => (this.isStoreGone ? rejectAsGone() : this.#store.admit(request)),
    }),
    source: this.source,
    clock: this.clock,
    logger: new RecordingLogger(),
    status: 400,
  });

  async run(event: Event): Promise<void> {
    const { row } = this.source;
    if (event.do === 'ask') this.#ask();
    else if (event.do === 'answer' || event.do === 'fail') this.source.finish(event.do);
    else if (event.do === 'wait') this.clock.advance(event.ms);
    else if (event.do === 'settle') {
      this.source.row = { ...row, usage: row.usage + event.tokens };
      this.#guard.settled(USER_ID, event.tokens);
    } else if (event.do === 'raise' || event.do === 'reset') {
      this.source.row =
        event.do === 'raise'
          ? { ...row, limit: row.limit + 100 }
          : { ...row, usage: 0, lastResetAtMs: this.clock.nowMs() };
      this.#guard.changed(USER_ID);
    } else this.isStoreGone = event.do === 'lose-store';
    await new Promise(setImmediate);
  }

  /** No more events: the database answers until nobody waits. */
  async comeToRest(): Promise<void> {
    for (let calls = 0; calls < 10 && this.source.finish('answer'); calls += 1)
      await new Promise(setImmediate);
  }

  /** The last word, with nothing under way: figures and flag are what the database says. */
  async askLast(): Promise<string | null> {
    this.#ask();
    await new Promise(setImmediate);
    await this.comeToRest();
    return this.answers.at(-1) ?? null;
  }

  #ask(): void {
    this.asked += 1;
    void this.#guard.check(USER_ID).then((answer) => this.answers.push(answer && answer.code));
  }
}

describe('token quota guard: random histories', () => {
  it('[LIM-10] everybody is answered, one call at a time, and the database has the last word', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (history) => {
        const world = new World();
        for (const event of history) await world.run(event);
        await world.comeToRest();
        expect(world.answers).toHaveLength(world.asked);
        expect(world.source.mostAtOnce).toBeLessThanOrEqual(1);
        // What was settled during a read is in no figures: they decide for a minute.
        world.clock.advance(60_000);
        const { row } = world.source;
        const isDue =
          row.lastResetAtMs === null || row.lastResetAtMs + TOKEN_QUOTA_PERIOD_MS <= world.clock.nowMs();
        const isOver = !isDue && row.usage > row.limit;
        expect(await world.askLast()).toBe(isOver ? 'token_quota_exceeded' : null);
      }),
      { numRuns: 150 },
    );
  });
});
