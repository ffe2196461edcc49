import { createTestDatabase, type TestDatabase } from './testing/create-test-database.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openDatabase, type Database } from './open-database.ts';

let test: TestDatabase;
let db: Database;
/** One connection, so that each statement meets what the one before left. */
let victim: Database;

beforeAll(async () => {
  test = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(test.url);
  victim = openDatabase(test.url, { max: 1, applicationName: 'victim' });
  await db.sql`create table written (n int)`;
});

afterAll(async () => {
  await victim.close();
  await db.close();
  await test.drop();
});

async function kill(): Promise<void> {
  await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`;
}

async function killDuringStatement(): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const killed = await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'victim' and state = 'active'`;
    if (killed.length > 0) return;
    await sleep(10);
  }
  throw new Error('the victim never ran a statement');
}

it('names its connections', async () => {
  expect([...(await victim.sql`select current_setting('application_name') as name`)]).toEqual([
    { name: 'victim' },
  ]);
});

it('survives the death of a connection during a statement of a transaction, and works again', async () => {
  for (let round = 0; round < 3; round += 1) {
    const [result] = await Promise.all([
      Promise.allSettled([
        victim.transaction(async (tx) => {
          await tx.execute(sql`insert into written values (1)`);
          await tx.execute(sql`select pg_sleep(30)`);
        }),
      ]),
      sleep(50).then(killDuringStatement),
    ]);
    expect(result).toMatchObject([{ status: 'rejected' }]);
    expect([...(await victim.sql`select count(*)::int as n from written`)]).toEqual([{ n: 0 }]);
  }
});

it('survives the death of a connection during a plain statement', async () => {
  const sleeping = Promise.allSettled([victim.sql`select pg_sleep(30)`]);
  await killDuringStatement();
  expect(await sleeping).toMatchObject([{ status: 'rejected' }]);
  expect([...(await victim.sql`select 1 as n`)]).toEqual([{ n: 1 }]);
});

it('[MON-5] no statement of a dead transaction runs outside of it or inside another', async () => {
  const resume = Promise.withResolvers<void>();
  const dead = Promise.allSettled([
    victim.transaction(async (tx) => {
      await tx.execute(sql`insert into written values (2)`);
      await kill();
      await resume.promise;
      await tx.execute(sql`insert into written values (3)`);
    }),
  ]);
  const other = victim.transaction(async (tx) => {
    resume.resolve();
    await sleep(100);
    await tx.execute(sql`insert into written values (4)`);
  });
  await other;
  expect(await dead).toMatchObject([{ status: 'rejected' }]);
  expect([...(await db.sql`select n from written order by n`)]).toEqual([{ n: 4 }]);
});

it('a savepoint that fails is undone alone', async () => {
  await victim.transaction(async (tx) => {
    await tx.execute(sql`insert into written values (10)`);
    await expect(
      tx.transaction((inner) => inner.execute(sql`insert into nowhere values (1)`)),
    ).rejects.toThrow(/nowhere/);
    await tx.execute(sql`insert into written values (11)`);
  });
  expect([...(await db.sql`select n from written where n >= 10 order by n`)]).toEqual([{ n: 10 }, { n: 11 }]);
});
