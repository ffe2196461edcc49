import { builtInPriceBook } from '@tollgate/pricing';
import { createLocalStore, type Store } from '@tollgate/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock, START_MS } from '../testing/manual-clock.ts';
import { MemoryPriceSource } from '../testing/memory-price-source.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { PricesInForce } from './prices-in-force.ts';
import { UnpricedUsage } from './unpriced-usage.ts';

function buildList(input: string): string {
  return JSON.stringify([{ model: 'm', platform: 'openai', prices: { input, output: '1' } }]);
}

describe('PricesInForce', () => {
  let source: MemoryPriceSource;
  let clock: ManualClock;
  let logger: RecordingLogger;
  let store: Store;
  let prices: PricesInForce;
  const open: PricesInForce[] = [];

  function build(): PricesInForce {
    const built = new PricesInForce({ source, store, clock, logger });
    open.push(built);
    return built;
  }

  function put(version: string, list: string): void {
    source.version = version;
    source.lists.set(version, list);
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    source = new MemoryPriceSource();
    clock = new ManualClock();
    logger = new RecordingLogger();
    store = createLocalStore({});
    prices = build();
  });
  afterEach(() => {
    for (const built of open.splice(0)) built.stop();
    vi.useRealTimers();
  });

  const inputPrice = () => prices.book.findPrice('m', START_MS)?.prices.input;

  it('[MON-2] is the built-in list while none is stored, and when it is the one in force', async () => {
    await prices.start();
    expect(prices.book.version).toBe(builtInPriceBook.version);
    source.version = builtInPriceBook.version;
    prices.apply({ scope: 'price' });
    await vi.waitFor(() => expect(source.loads).toBe(2));
    expect(prices.book.findPrice('gpt-5', START_MS)).not.toBeNull();
  });

  it('[MON-2] is the stored book, and the next one after an invalidation', async () => {
    put('v1', buildList('1'));
    await prices.start();
    expect([prices.book.version, inputPrice()]).toEqual(['v1', 1_000_000n]);
    expect(prices.book.listModels('openai')).toEqual(['m']);
    await store.subscribe((invalidation) => prices.apply(invalidation));
    put('v2', buildList('2'));
    expect(prices.apply({ scope: 'user', userId: 'usr_1' })).toBeNull();
    await store.publish([{ scope: 'price' }]);
    await vi.waitFor(() => expect(prices.book.version).toBe('v2'));
    expect(inputPrice()).toBe(2_000_000n);
  });

  it('[AUTH-6] hears of a lost invalidation within 15 s', async () => {
    put('v1', buildList('1'));
    await prices.start();
    put('v2', buildList('2'));
    // This node is not subscribed.
    await store.publish([{ scope: 'price' }]);
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(() => expect(prices.book.version).toBe('v2'));
  });

  it('[AUTH-6] a change counts as applied when its book is in force, and not while nobody can tell', async () => {
    put('v1', buildList('1'));
    await prices.start();
    source.during = async () => {
      source.during = null;
      await new Promise((resolve) => setImmediate(resolve));
    };
    put('v2', buildList('2'));
    await store.publish([{ scope: 'price' }]);
    await prices.apply({ scope: 'price' });
    expect(prices.book.version).toBe('v2');
    source.isGone = true;
    put('v3', buildList('3'));
    await store.publish([{ scope: 'price' }]);
    let isApplied = false;
    const applied = prices.apply({ scope: 'price' })?.then(() => (isApplied = true));
    await vi.waitFor(() => expect(logger.lines.at(-1)).toMatchObject({ level: 'warn' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isApplied, prices.book.version]).toEqual([false, 'v2']);
    source.isGone = false;
    vi.advanceTimersByTime(15_000);
    await applied;
    expect(prices.book.version).toBe('v3');
  });

  it('[MON-2] a change while the version is being read is not missed', async () => {
    put('v1', buildList('1'));
    await store.subscribe((invalidation) => prices.apply(invalidation));
    source.during = async () => {
      source.during = null;
      put('v2', buildList('2'));
      await store.publish([{ scope: 'price' }]);
    };
    await prices.start();
    await vi.waitFor(() => expect(prices.book.version).toBe('v2'));
  });

  it('[LIM-11] Postgres gone: starts with what the store has, else with the built-in list', async () => {
    put('v1', buildList('1'));
    await prices.start();
    source.isGone = true;
    prices = build();
    await prices.start();
    expect(prices.book.version).toBe('v1');
    store = createLocalStore({});
    prices = build();
    await prices.start();
    expect(prices.book.version).toBe(builtInPriceBook.version);
    source.isGone = false;
    void prices.apply({ scope: 'all' });
    await vi.waitFor(() => expect(prices.book.version).toBe('v1'));
  });

  it.each([
    ['no JSON', 'x'],
    ['another shape', '[{"model":"m"}]'],
    ['a price that is none', buildList('-1')],
    ['nothing at all', null],
  ])(
    '[MON-2] a stored list of %s is not taken: the last good one stays, and is told of',
    async (_name, list) => {
      put('v1', buildList('1'));
      await prices.start();
      source.version = 'v2';
      if (list !== null) source.lists.set('v2', list);
      await store.publish([{ scope: 'price' }]);
      void prices.apply({ scope: 'price' });
      await vi.waitFor(() =>
        expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', detail: { version: 'v1' } }),
      );
      expect(inputPrice()).toBe(1_000_000n);
    },
  );
});

describe('UnpricedUsage', () => {
  it('[MON-2] counts by model, for any number of names', () => {
    const unpriced = new UnpricedUsage();
    for (let name = 0; name < 1_500; name += 1) unpriced.add(`m${name}`);
    unpriced.add('m0');
    expect(unpriced.read().get('m0')).toBe(2);
    expect(unpriced.read().get('other')).toBe(500);
    expect(unpriced.read().size).toBe(1_001);
  });
});
