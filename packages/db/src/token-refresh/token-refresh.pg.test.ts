import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { accounts, audit, outbox } from '../schema/index.ts';
import { forEachDatabase } from '../testing/for-each-database.ts';
import {
  beginRefresh,
  listDueRefreshes,
  type BeginRefreshOptions,
  type RefreshLease,
} from './begin-refresh.ts';
import { endRefresh, type RefreshEnd } from './end-refresh.ts';

const DUE: BeginRefreshOptions = {
  trigger: 'due',
  leaseMs: 60_000,
  wishIntervalMs: 60_000,
  planRetry: () => ({ retryInMs: 60_000 }),
};
const WISH: BeginRefreshOptions = { ...DUE, trigger: 'wish' };
const REFRESHED: RefreshEnd = {
  kind: 'refreshed',
  sealedCredentials: 'sealed-new',
  refreshedFrom: 'given',
  nextInMs: 3_600_000,
};

forEachDatabase((database) => {
  beforeEach(async () => {
    await database.db.sql`truncate accounts, audit, outbox restart identity cascade`;
  });

  async function add(id: string, changes: Partial<typeof accounts.$inferInsert> = {}): Promise<string> {
    const account = {
      platform: 'anthropic',
      kind: 'oauth',
      baseUrl: 'https://x',
      sealedCredentials: 'sealed',
    };
    await database.db
      .insert(accounts)
      .values({ ...account, id, name: id, nextRefreshAt: new Date(0), ...changes });
    return id;
  }
  async function read(id: string) {
    const [row] = await database.db.select().from(accounts).where(eq(accounts.id, id));
    if (!row) throw new Error('no such account');
    return row;
  }
  async function begin(id: string, options = DUE): Promise<RefreshLease> {
    const lease = await beginRefresh(database.db, id, options);
    if (!lease) throw new Error('no lease');
    return lease;
  }
  const loseLease = (id: string) =>
    database.db
      .sql`update accounts set refresh_lease_until = now() - interval '1 second', next_refresh_at = now()
      where id = ${id}`;

  it('[ACC-6] of many at once, over several pools, one gets the lease', async () => {
    const id = await add('acc_1');
    const pools = [database.db, database.open(), database.open()];
    const leases = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        beginRefresh(pools[index % 3] ?? database.db, id, index % 2 === 0 ? DUE : WISH),
      ),
    );
    expect(leases.filter((lease) => lease !== null)).toMatchObject([
      { accountId: id, fence: 1n, failures: 1, sealedCredentials: 'sealed', isAfterUnfinished: false },
    ]);
  });

  it('[ACC-6] only oauth accounts in use whose time has come are due, the longest due first', async () => {
    await add('acc_late', { nextRefreshAt: new Date(1) });
    await add('acc_later', { nextRefreshAt: new Date(0) });
    await add('acc_failed', { status: 'error', refreshFailures: 3, nextRefreshAt: new Date(2) });
    await add('acc_future', { nextRefreshAt: new Date(Date.now() + 3_600_000) });
    await add('acc_never', { nextRefreshAt: null });
    await add('acc_key', { kind: 'api-key' });
    await add('acc_setup', { kind: 'setup-token' });
    await add('acc_off', { status: 'disabled' });
    await add('acc_by_hand', { status: 'error' });
    await add('acc_held', { refreshLeaseUntil: new Date(Date.now() + 60_000) });
    const due = ['acc_later', 'acc_late', 'acc_failed'];
    expect(await listDueRefreshes(database.db, 10)).toEqual(due);
    expect(await listDueRefreshes(database.db, 1)).toEqual(['acc_later']);
    for (const { id } of await database.db.select({ id: accounts.id }).from(accounts)) {
      expect([id, (await beginRefresh(database.db, id, DUE)) !== null]).toEqual([id, due.includes(id)]);
    }
    expect(await beginRefresh(database.db, 'acc_none', DUE)).toBeNull();
  });

  it('[ACC-6] a wish is heard ahead of time, but not after a refresh just over, nor while it backs off', async () => {
    const future = new Date(Date.now() + 3_600_000);
    await add('acc_fresh', { nextRefreshAt: future, refreshedAt: new Date() });
    await add('acc_old', { nextRefreshAt: future, refreshedAt: new Date(0) });
    await add('acc_never', { nextRefreshAt: null });
    await add('acc_failing', { nextRefreshAt: future, refreshFailures: 1 });
    const heard = async (id: string) => (await beginRefresh(database.db, id, WISH)) !== null;
    expect([await heard('acc_fresh'), await heard('acc_failing')]).toEqual([false, false]);
    expect([await heard('acc_old'), await heard('acc_never')]).toEqual([true, true]);
    expect(await heard('acc_old')).toBe(false);
  });

  it('[ACC-6] a refresher that has lost its lease can never overwrite newer tokens', async () => {
    const id = await add('acc_1');
    const frozen = await begin(id);
    await loseLease(id);
    const next = await begin(id);
    expect(next).toMatchObject({ fence: 2n, failures: 2, isAfterUnfinished: true });
    // Before the successor has written, and after.
    const stale: RefreshEnd = { ...REFRESHED, sealedCredentials: 'sealed-stale' };
    expect(await endRefresh(database.db, frozen, stale)).toBe(false);
    expect(await endRefresh(database.db, next, REFRESHED)).toBe(true);
    expect(await endRefresh(database.db, frozen, stale)).toBe(false);
    const failed: RefreshEnd = { kind: 'failed', reason: 'x', retryInMs: null, isError: true };
    expect(await endRefresh(database.db, frozen, failed)).toBe(false);
    expect(await read(id)).toMatchObject({
      sealedCredentials: 'sealed-new',
      status: 'active',
      statusReason: null,
    });
    expect(await database.db.select().from(audit)).toHaveLength(1);
  });

  it('[ACC-6] success leaves tokens, the next time, an audit row without secrets and an invalidation', async () => {
    const id = await add('acc_1', { status: 'error', refreshFailures: 4, statusReason: 'it was down' });
    expect(await endRefresh(database.db, await begin(id), REFRESHED)).toBe(true);
    const row = await read(id);
    expect(row).toMatchObject({
      sealedCredentials: 'sealed-new',
      refreshedFrom: 'given',
      status: 'active',
      statusReason: null,
      refreshFailures: 0,
      refreshLeaseUntil: null,
    });
    expect((row.nextRefreshAt?.getTime() ?? 0) - (row.refreshedAt?.getTime() ?? 0)).toBeGreaterThan(
      3_590_000,
    );
    const [told] = await database.db.select().from(audit);
    expect(told).toMatchObject({
      actor: 'system',
      action: 'account.token_refreshed',
      target: id,
      detail: { fence: 1 },
    });
    const [message] = await database.db.select().from(outbox);
    expect(message?.invalidation).toEqual({ scope: 'account', accountId: id });
  });

  it('[ACC-6] a failure backs off quietly, and one too many is an error that nodes and admin hear of', async () => {
    const id = await add('acc_1');
    const failed = { kind: 'failed', reason: 'it answered 503', retryInMs: 60_000, isError: false } as const;
    await endRefresh(database.db, await begin(id), failed);
    expect(await read(id)).toMatchObject({
      status: 'active',
      statusReason: 'it answered 503',
      refreshFailures: 1,
    });
    expect(await database.db.select().from(outbox)).toEqual([]);
    expect(await beginRefresh(database.db, id, DUE)).toBeNull();
    await database.db.sql`update accounts set next_refresh_at = now()`;
    await endRefresh(database.db, await begin(id), { ...failed, isError: true, retryInMs: null });
    const row = await read(id);
    expect(row).toMatchObject({
      status: 'error',
      refreshFailures: 2,
      nextRefreshAt: null,
      sealedCredentials: 'sealed',
    });
    const [told] = await database.db.select().from(audit);
    expect(told).toMatchObject({
      action: 'account.token_refresh_failed',
      detail: { failures: 2, reason: 'it answered 503' },
    });
    expect(await database.db.select().from(outbox)).toHaveLength(1);
  });

  it('an admin who switches the account off meanwhile is not overruled, and the tokens are kept', async () => {
    const id = await add('acc_1');
    const lease = await begin(id);
    await database.db.sql`update accounts set status = 'disabled'`;
    expect(await endRefresh(database.db, lease, REFRESHED)).toBe(true);
    expect(await read(id)).toMatchObject({ status: 'disabled', sealedCredentials: 'sealed-new' });
    const other = await add('acc_2');
    const second = await begin(other);
    await database.db.sql`update accounts set status = 'error', refresh_failures = 0 where id = ${other}`;
    await endRefresh(database.db, second, REFRESHED);
    expect(await read(other)).toMatchObject({ status: 'error' });
  });

  it('with nothing to refresh with it is left alone, without a mark', async () => {
    const id = await add('acc_1');
    await endRefresh(database.db, await begin(id), { kind: 'nothing' });
    expect(await read(id)).toMatchObject({ refreshFailures: 0, nextRefreshAt: null, statusReason: null });
    expect(await database.db.select().from(audit)).toEqual([]);
  });

  it('an account that is deleted meanwhile takes the lease with it', async () => {
    const id = await add('acc_1');
    const lease = await begin(id);
    await database.db.delete(accounts);
    expect(await endRefresh(database.db, lease, REFRESHED)).toBe(false);
  });
});
