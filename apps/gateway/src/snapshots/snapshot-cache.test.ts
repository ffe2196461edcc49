import { SNAPSHOT_SCHEMA_VERSION } from '@tollgate/core';
import { createLocalStore, type Store } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { SnapshotCache } from './snapshot-cache.ts';

interface Thing {
  schemaVersion: number;
  text: string;
}

const thing = (text: string): Thing => ({ schemaVersion: SNAPSHOT_SCHEMA_VERSION, text });

function setUp(options: { random?: number; store?: (real: Store) => Store; entriesMax?: number } = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const real = createLocalStore({ clock });
  const truth = new Map([['a', thing('A')]]);
  const state = { loads: 0, during: async () => {}, fault: null as Error | null };
  const cache = new SnapshotCache<Thing>({
    family: 'thing',
    buildL2Name: (name) => `thing:${name}`,
    entriesMax: options.entriesMax ?? 10,
    async load(name) {
      state.loads += 1;
      const found = truth.get(name) ?? null;
      await state.during();
      if (state.fault) throw state.fault;
      return found;
    },
    store: options.store?.(real) ?? real,
    clock,
    logger,
    random: () => options.random ?? 0.5,
  });
  return { cache, clock, logger, store: real, truth, state };
}

describe('snapshot-cache', () => {
  it('[AUTH-5] knows nothing at first, and answers from L1 after one load', async () => {
    const { cache, state } = setUp();
    expect(cache.peek('a')).toBeUndefined();
    const first = await cache.get('a');
    expect(first).toEqual(thing('A'));
    expect(cache.peek('a')).toBe(first);
    // The very same object, also through get: what is derived from it may be kept beside it.
    expect(await cache.get('a')).toBe(first);
    expect(state.loads).toBe(1);
  });

  it.each([
    [0, 13_500],
    [0.5, 15_000],
    [0.999_999, 16_500],
  ])('[AUTH-5] L1 lives 15 s ± 10 %%: %d gives %d ms', async (random, ttlMs) => {
    const { cache, clock } = setUp({ random });
    await cache.get('a');
    clock.advance(ttlMs - 1);
    expect(cache.peek('a')).toEqual(thing('A'));
    clock.advance(1);
    expect(cache.peek('a')).toBeUndefined();
  });

  it('[AUTH-5] L1 is bounded', async () => {
    const { cache, truth } = setUp({ entriesMax: 2 });
    for (const name of ['b', 'c']) truth.set(name, thing(name));
    for (const name of ['a', 'b', 'c']) await cache.get(name);
    expect(['a', 'b', 'c'].map((name) => cache.peek(name)?.text)).toEqual([undefined, 'b', 'c']);
  });

  it('[AUTH-5] what does not exist is remembered for 30 s, here only', async () => {
    const { cache, clock, state, store, truth } = setUp();
    expect(await cache.get('x')).toBeNull();
    expect((await store.getSnapshot('thing:x')).value).toBeNull();
    clock.advance(29_999);
    expect(cache.peek('x')).toBeNull();
    truth.set('x', thing('X'));
    expect(await cache.get('x')).toBeNull();
    clock.advance(1);
    expect(cache.peek('x')).toBeUndefined();
    expect(await cache.get('x')).toEqual(thing('X'));
    expect(state.loads).toBe(2);
  });

  it('[AUTH-5] a hundred at once are one load', async () => {
    const { cache, state } = setUp();
    state.during = () => new Promise(setImmediate);
    const all = await Promise.all(Array.from({ length: 100 }, () => cache.get('a')));
    expect(new Set(all).size).toBe(1);
    expect(state.loads).toBe(1);
  });

  it('[AUTH-5] a load that failed is told to all who waited, and the next one tries again', async () => {
    const { cache, state, logger } = setUp();
    state.fault = new Error('connection refused');
    const all = await Promise.allSettled([cache.get('a'), cache.get('a')]);
    for (const each of all) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', status: 503 } });
    }
    expect(cache.peek('a')).toBeUndefined();
    expect(logger.lines).toMatchObject([{ level: 'error', detail: { family: 'thing' } }]);
    state.fault = null;
    expect(await cache.get('a')).toEqual(thing('A'));
    expect(state.loads).toBe(2);
  });

  it('[AUTH-5] L2 answers what this process does not know', async () => {
    const { cache, state, store } = setUp();
    const { generation } = await store.getSnapshot('thing:a');
    await store.putSnapshot('thing:a', JSON.stringify(thing('from L2')), 1_000, generation);
    expect(await cache.get('a')).toEqual(thing('from L2'));
    expect(state.loads).toBe(0);
  });

  it.each([
    [0, 270_000],
    [0.999_999, 330_000],
  ])('[AUTH-5] a load is kept in L2 for 300 s ± 10 %%: %d gives %d ms', async (random, ttlMs) => {
    const { cache, clock, store } = setUp({ random });
    await cache.get('a');
    clock.advance(ttlMs - 1);
    expect((await store.getSnapshot('thing:a')).value).toBe(JSON.stringify(thing('A')));
    clock.advance(1);
    expect((await store.getSnapshot('thing:a')).value).toBeNull();
  });

  it.each([
    ['an older version', '{"schemaVersion":0,"text":"old"}'],
    ['a newer version', `{"schemaVersion":${SNAPSHOT_SCHEMA_VERSION + 1},"words":"new"}`],
    ['no version', '{"text":"A"}'],
    ['half a snapshot', '{"schemaVersion":1,"te'],
    ['null', 'null'],
    ['nothing', ''],
  ])('[AUTH-4] %s in L2 is a miss, and replaced', async (_, text) => {
    const { cache, state, store } = setUp();
    const { generation } = await store.getSnapshot('thing:a');
    await store.putSnapshot('thing:a', text, 1_000, generation);
    expect(await cache.get('a')).toEqual(thing('A'));
    expect(state.loads).toBe(1);
    expect((await store.getSnapshot('thing:a')).value).toBe(JSON.stringify(thing('A')));
  });

  it('[AUTH-5] with the store gone it asks the source', async () => {
    const { cache, state } = setUp({
      store: (real) => overrideStore(real, { getSnapshot: rejectAsGone, putSnapshot: rejectAsGone }),
    });
    expect(await cache.get('a')).toEqual(thing('A'));
    expect(cache.peek('a')).toEqual(thing('A'));
    expect(state.loads).toBe(1);
  });

  it('a snapshot that cannot be written to the store is served all the same', async () => {
    const { cache, logger } = setUp({
      store: (real) => overrideStore(real, { putSnapshot: rejectAsGone }),
    });
    expect(await cache.get('a')).toEqual(thing('A'));
    await new Promise(setImmediate);
    expect(logger.lines).toMatchObject([{ level: 'debug' }]);
  });

  it('[AUTH-6] what was read before an invalidation lands in no layer after it', async () => {
    const { cache, state, store, truth } = setUp();
    const reading = Promise.withResolvers<void>();
    state.during = () => reading.promise;
    const early = cache.get('a');
    await new Promise(setImmediate);
    truth.set('a', thing('changed'));
    await store.publish([{ scope: 'all' }]);
    cache.invalidate('a');
    const late = cache.get('a');
    reading.resolve();
    expect([(await early)?.text, (await late)?.text]).toEqual(['A', 'changed']);
    await new Promise(setImmediate);
    expect(cache.peek('a')).toEqual(thing('changed'));
    expect((await store.getSnapshot('thing:a')).value).toBe(JSON.stringify(thing('changed')));
  });

  it('[AUTH-6] a load that an invalidation overtook is answered, but not remembered', async () => {
    const { cache, state } = setUp();
    const reading = Promise.withResolvers<void>();
    state.during = () => reading.promise;
    const early = cache.get('a');
    await new Promise(setImmediate);
    cache.invalidateWhere(() => false);
    reading.resolve();
    expect(await early).toEqual(thing('A'));
    expect(cache.peek('a')).toBeUndefined();
  });

  it('[AUTH-6] the end of an outdated load leaves the newer one alone', async () => {
    const { cache, state } = setUp();
    const readings = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    state.during = async () => readings[state.loads - 1]?.promise;
    const early = cache.get('a');
    await new Promise(setImmediate);
    cache.invalidateAll();
    const late = cache.get('a');
    readings[0]?.resolve();
    await early;
    // Still one load for all: the newer one is not forgotten.
    expect(cache.get('a')).toBe(late);
    readings[1]?.resolve();
    await late;
    expect(state.loads).toBe(2);
  });

  it('[AUTH-6] forgets by name, by content and all, also what does not exist', async () => {
    const { cache, truth } = setUp();
    for (const name of ['b', 'c']) truth.set(name, thing(name));
    const known = () => ['a', 'b', 'c', 'x'].filter((name) => cache.peek(name) !== undefined).join('');
    const fill = () => Promise.all(['a', 'b', 'c', 'x'].map((name) => cache.get(name)));
    await fill();
    cache.invalidate('x');
    expect(known()).toBe('abc');
    cache.invalidateWhere(({ text }) => text === 'b');
    expect(known()).toBe('ac');
    await fill();
    cache.invalidateAll();
    expect(known()).toBe('');
  });
});
