import { TOKEN_QUOTA_PERIOD_MS, type RequestId } from '@tollgate/core';
import { createLocalStore, type Store } from '@tollgate/store';
import { messagesErrorShape } from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { USER_ID } from '../testing/build-snapshots.ts';
import { ManualClock, START_MS } from '../testing/manual-clock.ts';
import { MemoryQuotaSource } from '../testing/memory-quota-source.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { RecordingLogger } from '../testing/recording-logger.ts';
import { TokenQuotaGuard } from './token-quota-guard.ts';

const DAY_MS = 86_400_000;
const REST_MS = TOKEN_QUOTA_PERIOD_MS - DAY_MS;

/** A period that began a day ago. */
function setUp(usage = 0, options: { status?: 400 | 429; lastResetAtMs?: number | null } = {}) {
  const { status = 400, lastResetAtMs = START_MS - DAY_MS } = options;
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const store = createLocalStore({ clock, logger });
  const source = new MemoryQuotaSource();
  source.quotas.set(USER_ID, { limit: 1_000, usage, lastResetAtMs });
  const calls: string[] = [];
  const spied = overrideStore(store, {
    admit: (request) => {
      calls.push('flag');
      return store.admit(request);
    },
  });
  const build = (with_: Store) => new TokenQuotaGuard({ store: with_, source, clock, logger, status });
  const isFlagged = async () => {
    const nothing = { money: null, windows: [], slots: [], queue: null };
    return !(await store.admit({ userId: USER_ID, checksTokenQuota: true, ...nothing })).admitted;
  };
  return { clock, logger, store, source, calls, build, guard: build(spied), isFlagged };
}

const settleDown = () => new Promise(setImmediate);

describe('token quota guard', () => {
  it.each([
    [999, true],
    [1_000, true],
    [1_001, false],
  ])('[LIM-10] %i of 1000 used', async (usage, passes) => {
    const { guard, isFlagged } = setUp(usage);
    expect((await guard.check(USER_ID)) === null).toBe(passes);
    expect(await isFlagged()).toBe(!passes);
  });

  it('[LIM-10] refusals: the number, the wait until the next period, no other try', async () => {
    const { guard, isFlagged, clock } = setUp(1_001);
    const refusal = await guard.check(USER_ID);
    expect(refusal).toMatchObject({ status: 400, retryAfterMs: REST_MS, shouldRetry: false });
    if (refusal === null) throw new Error('must be refused');
    expect(JSON.parse(messagesErrorShape.buildBody(refusal, 'req_1' as RequestId))).toMatchObject({
      error: { type: 'invalid_request_error', message: 'token usage exceeds limit', code: 40_051 },
    });
    clock.advance(REST_MS - 1);
    expect(await isFlagged()).toBe(true);
    clock.advance(1);
    expect(await isFlagged()).toBe(false);
  });

  it('[LIM-10] 429 by configuration', async () => {
    expect(await setUp(1_001, { status: 429 }).guard.check(USER_ID)).toMatchObject({ status: 429 });
  });

  it('[LIM-10] the order: flag, then the figures of the last minute, then the database', async () => {
    const { guard, store, source, calls, clock } = setUp();
    await store.blockTokenQuota(USER_ID, 40_000);
    expect(await guard.check(USER_ID)).toMatchObject({ retryAfterMs: 40_000 });
    expect([calls.length, source.reads]).toEqual([1, 0]);
    await store.clearTokenQuota(USER_ID);
    expect(await guard.check(USER_ID)).toBeNull();
    expect([calls.length, source.reads]).toEqual([2, 1]);
    clock.advance(59_999);
    expect(await guard.check(USER_ID)).toBeNull();
    // The flag rides in the admission call then.
    expect([calls.length, source.reads]).toEqual([2, 1]);
    clock.advance(1);
    await guard.check(USER_ID);
    expect([calls.length, source.reads]).toEqual([3, 2]);
  });

  it('[LIM-10] one read at a time a user, and all hear of it', async () => {
    const { guard, source } = setUp(1_001);
    const answers = await Promise.all(Array.from({ length: 50 }, () => guard.check(USER_ID)));
    expect(answers.every((answer) => answer?.code === 'token_quota_exceeded')).toBe(true);
    expect(source.reads).toBe(1);
  });

  it('[LIM-10] [LIM-11] the store is gone: the database decides', async () => {
    const { build, store, source } = setUp(1_000);
    const gone = overrideStore(store, { admit: rejectAsGone, blockTokenQuota: rejectAsGone });
    const guard = build(gone);
    expect(await guard.check(USER_ID)).toBeNull();
    guard.settled(USER_ID, 1);
    source.quotas.set(USER_ID, { limit: 1_000, usage: 1_001, lastResetAtMs: START_MS - DAY_MS });
    expect(await guard.check(USER_ID)).toMatchObject({ code: 'token_quota_exceeded' });
  });

  it('[LIM-10] the database is gone, or has no such user: 503, and asked again with the next', async () => {
    const { guard, source, logger } = setUp();
    source.isAway = true;
    expect(await guard.check(USER_ID)).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'token quota cannot be read' }]);
    source.isAway = false;
    expect(await guard.check(USER_ID)).toBeNull();
    expect(await guard.check('usr_9' as never)).toMatchObject({ code: 'unavailable' });
  });

  it('[LIM-10] a fault of ours in the store call is thrown, and nothing waits for ever', async () => {
    const { build, store } = setUp();
    const broken = overrideStore(store, { admit: async () => Promise.reject(new RangeError('limit')) });
    await expect(build(broken).check(USER_ID)).rejects.toThrow('limit');
  });

  it.each([null, START_MS - TOKEN_QUOTA_PERIOD_MS])(
    '[LIM-10] a period that began at %j is over: reset, read again, flag cleared',
    async (lastResetAtMs) => {
      const { guard, source, store, isFlagged } = setUp(5_000, { lastResetAtMs });
      await store.blockTokenQuota(USER_ID, 1);
      await store.clearTokenQuota(USER_ID);
      expect(await guard.check(USER_ID)).toBeNull();
      expect([source.reads, source.resets, await isFlagged()]).toEqual([2, 1, false]);
      expect(source.quotas.get(USER_ID)).toMatchObject({ usage: 0, lastResetAtMs: START_MS });
    },
  );

  it('[LIM-10] another node was first with the reset: its period counts, with what was used in it', async () => {
    const { guard, source } = setUp(5_000, { lastResetAtMs: null });
    source.resetIfDue = async () => {
      source.quotas.set(USER_ID, { limit: 1_000, usage: 1_001, lastResetAtMs: START_MS - 1 });
      return source.quotas.get(USER_ID) ?? null;
    };
    expect(await guard.check(USER_ID)).toMatchObject({
      code: 'token_quota_exceeded',
      retryAfterMs: TOKEN_QUOTA_PERIOD_MS - 1,
    });
  });

  it('[LIM-10] the database goes away between read and reset: 503', async () => {
    const { guard, source } = setUp(0, { lastResetAtMs: null });
    source.resetIfDue = async () => Promise.reject(new Error('gone'));
    expect(await guard.check(USER_ID)).toMatchObject({ code: 'unavailable' });
  });

  it('[LIM-10] raising the limit clears figures and flag at once', async () => {
    const { guard, source, isFlagged } = setUp(1_001);
    await guard.check(USER_ID);
    expect(await isFlagged()).toBe(true);
    source.quotas.set(USER_ID, { limit: 2_000, usage: 1_001, lastResetAtMs: START_MS });
    guard.changed(USER_ID);
    await settleDown();
    expect(await isFlagged()).toBe(false);
    expect(await guard.check(USER_ID)).toBeNull();
  });

  it('[LIM-10] what was read before the limit was raised does not decide', async () => {
    const { guard, source, isFlagged } = setUp(1_001);
    const old = source.quotas.get(USER_ID) ?? null;
    const { promise, resolve } = Promise.withResolvers<typeof old>();
    const read = source.read.bind(source);
    source.read = () => promise;
    const answer = guard.check(USER_ID);
    await settleDown();
    guard.changedAll();
    source.quotas.set(USER_ID, { limit: 2_000, usage: 1_001, lastResetAtMs: START_MS });
    source.read = read;
    resolve(old);
    expect(await answer).toBeNull();
    expect(await isFlagged()).toBe(false);
  });

  it('[LIM-10] settlement moves the figures at once', async () => {
    const { guard, isFlagged } = setUp(990);
    await guard.check(USER_ID);
    guard.settled(USER_ID, 10);
    expect(await guard.check(USER_ID)).toBeNull();
    guard.settled(USER_ID, 1);
    await settleDown();
    expect(await isFlagged()).toBe(true);
    expect(await guard.check(USER_ID)).toMatchObject({ code: 'token_quota_exceeded' });
  });

  it('what settles for a user that nobody asked for changes nothing', async () => {
    const { guard, source } = setUp(990);
    guard.settled(USER_ID, 1_000);
    expect(await guard.check(USER_ID)).toBeNull();
    expect(source.reads).toBe(1);
  });
});
