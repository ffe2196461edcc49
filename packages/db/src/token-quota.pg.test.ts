import { TOKEN_QUOTA_PERIOD_MS, type TokenQuotaSource, type UserId } from '@tollgate/core';
import { beforeEach, expect, it } from 'vitest';
import { openDatabase } from './open-database.ts';
import { users } from './schema/index.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import { createTokenQuotaSource } from './token-quota.ts';

const USER = 'usr_1' as UserId;
const START_MS = Date.UTC(2031, 0, 1);

forEachDatabase((database) => {
  let source: TokenQuotaSource;
  const write = (lastResetAtMs: number | null) =>
    database.db.insert(users).values({
      id: USER,
      email: 'u@example.com',
      tokenLimit: 1_000_000_000_000,
      tokenUsage: 900_000_000_000,
      lastResetAt: lastResetAtMs === null ? null : new Date(lastResetAtMs),
    });

  beforeEach(async () => {
    await database.db.sql`delete from users`;
    source = createTokenQuotaSource(database.db);
  });

  it('[LIM-10] reads limit and usage as they are; a user that is gone has none', async () => {
    await write(null);
    expect(await source.read(USER)).toEqual({ limit: 1e12, usage: 9e11, lastResetAtMs: null });
    expect(await source.read('usr_2' as UserId)).toBeNull();
    expect(await source.resetIfDue('usr_2' as UserId, START_MS)).toBeNull();
  });

  it.each([
    ['no period has begun', null, START_MS],
    ['the period is over to the millisecond', START_MS, START_MS + TOKEN_QUOTA_PERIOD_MS],
    ['the period is long over', START_MS, START_MS + 10 * TOKEN_QUOTA_PERIOD_MS],
  ])('[LIM-10] resets when %s', async (_case, lastResetAtMs, nowMs) => {
    await write(lastResetAtMs);
    const fresh = { limit: 1e12, usage: 0, lastResetAtMs: nowMs };
    expect(await source.resetIfDue(USER, nowMs)).toEqual(fresh);
    expect(await source.read(USER)).toEqual(fresh);
  });

  it('[LIM-10] one millisecond early nothing is reset, and the row is read', async () => {
    await write(START_MS);
    const before = { limit: 1e12, usage: 9e11, lastResetAtMs: START_MS };
    expect(await source.resetIfDue(USER, START_MS + TOKEN_QUOTA_PERIOD_MS - 1)).toEqual(before);
  });

  it('[LIM-10] of many nodes at once one resets, and usage booked after that stays', async () => {
    await write(START_MS);
    const nowMs = START_MS + TOKEN_QUOTA_PERIOD_MS;
    await source.resetIfDue(USER, nowMs);
    await database.db.sql`update users set token_usage = token_usage + 7`;
    const late = await Promise.all(Array.from({ length: 8 }, (_, n) => source.resetIfDue(USER, nowMs + n)));
    expect(late).toEqual(late.map(() => ({ limit: 1e12, usage: 7, lastResetAtMs: nowMs })));
  });
});

it('[LIM-10] a database that is away rejects: the guard can fail closed', async () => {
  const db = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
  await expect(createTokenQuotaSource(db).read(USER)).rejects.toThrow(/ECONNREFUSED/);
  await expect(createTokenQuotaSource(db).resetIfDue(USER, 0)).rejects.toThrow(/ECONNREFUSED/);
  await db.close();
});
