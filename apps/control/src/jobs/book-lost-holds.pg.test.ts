import {
  encodeFacts,
  encodeOutcome,
  silentLogger,
  type AttemptFacts,
  type AttemptOutcome,
  type Logger,
} from '@tollgate/core';
import { buildFacts, buildOutcome } from '@tollgate/core/testing';
import { createUsageSink, openDatabase, type Database, type UsageSink } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { createLostHoldJob, type LostHold, type LostHoldStore } from './book-lost-holds.ts';

let database: TestDatabase;
let db: Database;
let sink: UsageSink;
const logged: string[] = [];
const logger: Logger = {
  ...silentLogger,
  warn: (_, text) => void logged.push(text),
  error: (detail, text) => void logged.push(`${text} ${JSON.stringify(detail)}`),
};

/** What the nodes share. */
class MemoryLostHolds implements LostHoldStore {
  holds: LostHold[] = [];
  isGone = false;
  forgetsNothing = false;
  listed = 0;

  add(...facts: AttemptFacts[]): void {
    for (const one of facts) {
      this.holds.push({ id: `lse_${one.attemptId}`, userId: one.userId, note: encodeFacts(one) });
    }
  }

  async listLostHolds(limit: number): Promise<LostHold[]> {
    this.listed += 1;
    if (this.isGone) throw new Error('the store did not answer');
    return this.holds.slice(0, limit);
  }

  async forgetLostHolds(ids: readonly string[]): Promise<void> {
    if (this.isGone) throw new Error('the store did not answer');
    if (!this.forgetsNothing) this.holds = this.holds.filter(({ id }) => !ids.includes(id));
  }
}

let store: MemoryLostHolds;
const byId = (a: AttemptFacts, b: AttemptFacts) => (a.attemptId < b.attemptId ? -1 : 1);
const createJob = (extra = {}) => createLostHoldJob({ store, sink, logger, ...extra });
const readUsage = async () => [
  ...(await db.sql`select attempt_id, state, status, actual_cost::float as cost from usage order by attempt_id`),
];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 6 });
  sink = createUsageSink(db);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  store = new MemoryLostHolds();
  logged.length = 0;
  await db.sql`delete from usage`;
  await db.sql`delete from ledger`;
});

it('[MON-6] books each lost hold as an unknown attempt, never as 0, and forgets it', async () => {
  const [one, two] = [buildFacts(), buildFacts()].toSorted(byId) as [AttemptFacts, AttemptFacts];
  store.add(one, two);
  await createJob().run();
  expect(await readUsage()).toEqual(
    [one, two].map(({ attemptId }) => ({ attempt_id: attemptId, state: 'unknown', status: 0, cost: 0 })),
  );
  expect(store.holds).toEqual([]);
  expect([...(await db.sql`select from ledger`)]).toEqual([]);
  expect(logged).toEqual(['requests that ended without a word are booked as unknown']);
});

it('[MON-6] two control planes at once, and a second round, book each attempt once', async () => {
  const facts = Array.from({ length: 250 }, () => buildFacts());
  store.add(...facts);
  await Promise.all([createJob().run(), createJob().run()]);
  store.add(...facts.slice(0, 5));
  await createJob().run();
  expect(await readUsage()).toHaveLength(250);
  expect(store.holds).toEqual([]);
});

it('[MON-6] what is known of an attempt stays, and what is learned later takes its place', async () => {
  const [known, later] = [buildFacts(), buildFacts()].toSorted(byId).map((facts) => buildOutcome(facts)) as [
    AttemptOutcome,
    AttemptOutcome,
  ];
  await sink.book({ count: 1, text: encodeOutcome(known) });
  store.add(known, later);
  await createJob().run();
  expect((await readUsage()).map(({ state }) => state)).toEqual([known.state, 'unknown']);
  await sink.book({ count: 1, text: encodeOutcome(later) });
  expect((await readUsage()).map(({ state }) => state)).toEqual([known.state, later.state]);
});

it('[MON-6] a store that goes before it forgets, or a database that is away, loses none', async () => {
  store.add(buildFacts());
  const faulty: UsageSink = { book: () => Promise.reject(new Error('the database is away')) };
  await createJob({ sink: faulty }).run();
  expect(store.holds).toHaveLength(1);
  store.isGone = true;
  await createJob().run();
  expect(logged).toEqual(['lost holds wait for the next round', 'lost holds wait for the next round']);
  store.isGone = false;
  await createJob().run();
  expect(await readUsage()).toHaveLength(1);
});

it('a note that nobody can read is told of and keeps no other from the books', async () => {
  store.holds.push({ id: 'lse_bad', userId: buildFacts().userId, note: '{"not":"facts"}' });
  store.add(buildFacts());
  await createJob().run();
  expect(await readUsage()).toHaveLength(1);
  expect(store.holds).toEqual([]);
  expect(logged[0]).toContain('lse_bad');
});

it('a store that forgets nothing ends the round all the same; a stopped job begins none', async () => {
  store.forgetsNothing = true;
  store.add(...Array.from({ length: 100 }, () => buildFacts()));
  const job = createJob();
  await job.run();
  const { listed } = store;
  expect(listed).toBe(50);
  await job.stop();
  await job.run();
  expect(store.listed).toBe(listed);
});
