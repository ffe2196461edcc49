import { silentLogger, type Invalidation, type Logger } from '@tollgate/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forEachDatabase } from './testing/for-each-database.ts';
import type { Database } from './open-database.ts';
import { createOutboxDispatcher, enqueueInvalidations, type OutboxDispatcher } from './outbox.ts';

const user = (n: number): Invalidation => ({ scope: 'user', userId: `usr_${n}` });

forEachDatabase((database) => {
  const dispatchers: OutboxDispatcher[] = [];
  let published: Invalidation[] = [];
  let messages = 0;

  const publish = async (invalidations: readonly Invalidation[]): Promise<number> => {
    published.push(...invalidations);
    messages += invalidations.length > 0 ? 1 : 0;
    return messages;
  };
  const create = (
    options: { db?: Database; publish?: typeof publish; intervalMs?: number; logger?: Logger } = {},
  ): OutboxDispatcher => {
    const dispatcher = createOutboxDispatcher({
      db: options.db ?? database.db,
      publish: options.publish ?? publish,
      intervalMs: options.intervalMs ?? 60_000,
      logger: options.logger ?? silentLogger,
    });
    dispatchers.push(dispatcher);
    return dispatcher;
  };
  const enqueue = (...invalidations: Invalidation[]): Promise<number[]> =>
    database.db.transaction((tx) => enqueueInvalidations(tx, invalidations));
  const countWaiting = async (): Promise<number> => (await database.db.sql`select 1 from outbox`).length;

  beforeEach(async () => {
    published = [];
    messages = 0;
    await database.db.sql`truncate outbox`;
  });

  afterEach(async () => {
    for (const dispatcher of dispatchers.splice(0)) await dispatcher.stop();
  });

  it('[AUTH-6] a kick publishes what is committed, in order and once', async () => {
    const sent: Invalidation[] = [user(1), { scope: 'key', keyHash: 'ab' }, { scope: 'all' }];
    await enqueue(...sent);
    const dispatcher = create();
    expect(await dispatcher.kick()).toBe(3);
    expect(published).toEqual(sent);
    expect(await dispatcher.kick()).toBe(0);
    expect(await countWaiting()).toBe(0);
  });

  it('[AUTH-6] a change that is rolled back publishes nothing', async () => {
    const change = database.db.transaction(async (tx) => {
      await enqueueInvalidations(tx, [user(1)]);
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect(await create().kick()).toBe(0);
  });

  it('writes nothing for no invalidations', async () => {
    await enqueue();
    expect(await countWaiting()).toBe(0);
  });

  it('[AUTH-6] what could not be published stays, and goes out in the next round', async () => {
    await enqueue(user(1), user(2));
    const failing = create({ publish: () => Promise.reject(new Error('the store is away')) });
    await expect(failing.kick()).rejects.toThrow('the store is away');
    await expect(failing.kick()).rejects.toThrow('the store is away');
    expect(await countWaiting()).toBe(2);
    expect(await create().kick()).toBe(2);
    expect(published).toEqual([user(1), user(2)]);
  });

  it('[AUTH-6] start publishes what a crash left behind, then polls; a fault is logged and does not end it', async () => {
    await enqueue(user(1));
    const warnings: string[] = [];
    let away = true;
    create({
      intervalMs: 10,
      logger: { ...silentLogger, warn: (_, message) => void warnings.push(message) },
      publish: (invalidations) => (away ? Promise.reject(new Error('away')) : publish(invalidations)),
    }).start();
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(1));
    away = false;
    await vi.waitFor(() => expect(published).toEqual([user(1)]));
    await enqueue(user(2));
    await vi.waitFor(() => expect(published).toEqual([user(1), user(2)]));
  });

  it('[AUTH-6] polls do not queue up behind a store that is slow: nobody has to wait for all of them', async () => {
    await enqueue(user(1));
    let tries = 0;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const dispatcher = create({
      intervalMs: 2,
      publish: async () => {
        tries += 1;
        await held;
        throw new Error('the store is away');
      },
    });
    dispatcher.start();
    await vi.waitFor(() => expect(tries).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const pushed = dispatcher.push([]);
    release();
    await expect(pushed).rejects.toThrow('away');
    // The round that was stuck, one poll behind it at most, and the push's own.
    expect(tries).toBeLessThanOrEqual(3);
  });

  it('publishes nothing after stop', async () => {
    const dispatcher = create({ intervalMs: 5 });
    dispatcher.start();
    dispatcher.start();
    await dispatcher.stop();
    await enqueue(user(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(published).toEqual([]);
  });

  it('[AUTH-6] two dispatchers at once publish each row once, however many there are', async () => {
    const sent = Array.from({ length: 1_200 }, (_, n) => user(n));
    await enqueue(...sent);
    const [one, two] = [create(), create({ db: database.open() })];
    const counts = await Promise.all([one.kick(), two.kick(), one.kick(), two.kick()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_200);
    expect(new Set(published.map((invalidation) => JSON.stringify(invalidation))).size).toBe(1_200);
    expect(await countWaiting()).toBe(0);
  });

  it('[AUTH-6] a push gives the number of the message that told of its rows', async () => {
    const dispatcher = create();
    expect(await dispatcher.push(await enqueue(user(1)))).toBe(1);
    expect(await dispatcher.push(await enqueue(user(2), user(3)))).toBe(2);
    expect(await dispatcher.push([])).toBe(2);
    expect(published).toHaveLength(3);
  });

  it('[AUTH-6] of pushes at once each gives a number that covers its own rows', async () => {
    const toldIn = new Map<string, number>();
    const tell = async (invalidations: readonly Invalidation[]): Promise<number> => {
      const number = await publish(invalidations);
      for (const one of invalidations) toldIn.set(JSON.stringify(one), number);
      return number;
    };
    const both = [create({ publish: tell }), create({ publish: tell, db: database.open() })];
    const pushes = Array.from({ length: 40 }, async (_, n) => {
      const rowIds = await enqueue(user(n));
      const number = (await both[n % 2]?.push(rowIds)) ?? 0;
      return number >= (toldIn.get(JSON.stringify(user(n))) ?? Number.POSITIVE_INFINITY);
    });
    expect(await Promise.all(pushes)).toEqual(Array.from({ length: 40 }, () => true));
  });

  it('[AUTH-6] a push whose rows another dispatcher holds waits until they are told', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: begun, resolve: noteBegun } = Promise.withResolvers<void>();
    const other = create({
      db: database.open(),
      publish: async (invalidations) => {
        noteBegun();
        await held;
        return publish(invalidations);
      },
    });
    const rowIds = await enqueue(user(1));
    const round = other.kick();
    await begun;
    let pushed: number | null = null;
    const push = create().push(rowIds);
    void push.then((number) => (pushed = number));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([pushed, published]).toEqual([null, []]);
    letGo();
    await round;
    expect(await push).toBe(1);
    expect(published).toEqual([user(1)]);
  });

  it('[AUTH-6] a push that fails rejects, and leaves its rows', async () => {
    const failing = create({ publish: () => Promise.reject(new Error('the store is away')) });
    await expect(failing.push(await enqueue(user(1)))).rejects.toThrow('the store is away');
    expect(await countWaiting()).toBe(1);
  });

  it('[AUTH-6] a kick during a round sees the rows that were committed before it', async () => {
    const slow = create({
      publish: async (invalidations) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return publish(invalidations);
      },
    });
    await enqueue(user(1));
    const first = slow.kick();
    await enqueue(user(2));
    await slow.kick();
    await first;
    expect(published).toEqual([user(1), user(2)]);
  });
});
