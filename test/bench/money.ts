import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildAttemptBatch,
  createId,
  encodeOutcome,
  picoUsd,
  silentLogger,
  systemClock,
  type AttemptBatch,
  type AttemptOutcome,
} from '@tollgate/core';
import { buildOutcome } from '@tollgate/core/testing';
import { createUsageSink, openDatabase, type Database } from '@tollgate/db';
import { openJournal } from '@tollgate/journal';
import { createTestDatabase, startPostgresServer } from '@tollgate/testkit';
import { describeMachine, writeSection } from './page-section.ts';

/**
 * What money costs: the time of the loop that the journal takes for an attempt (opened and closed), and how many
 * attempts a second one shipper books into a real Postgres, ledger, windows and hourly sums included.
 */
const ROUNDS = 5;
const JOURNALED = 50_000;
const BATCH = 1_000;
const BATCHES = 40;
const CASES = [
  { name: '200 users, 10 accounts', users: 200, accounts: 10 },
  { name: '1,000 users, 40 accounts: hardly two rows alike', users: 1_000, accounts: 40 },
];

const loopUs = await measureRounds(measureJournal);
const postgres = await startPostgresServer();
const rates: { name: string; rows: number }[] = [];
for (const { name, users, accounts } of CASES) {
  rates.push({ name, rows: await measureRounds(() => measureBooking(postgres.url, users, accounts)) });
}
await postgres.stop();

const lines = [
  describeMachine(),
  '',
  `Journal: **${loopUs.toFixed(1)} µs** of the loop's time an attempt, opened and closed (median of ${ROUNDS} rounds).`,
  '',
  `| batches of ${BATCH}, one shipper, median of ${ROUNDS} rounds | attempts booked a second |`,
  '|---|---|',
  ...rates.map(({ name, rows }) => `| ${name} | ${Math.round(rows)} |`),
];
process.stdout.write(`${lines.join('\n')}\n`);
if (process.argv.includes('--write')) writeSection('bench:money', lines);

async function measureRounds(measure: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) figures.push(await measure());
  return figures.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

/** Microseconds an attempt; only what runs between the call and its return: the shipping is not the loop's wait. */
async function measureJournal(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const journal = await openJournal({
    dir: join(dir, 'journal'),
    sink: { book: () => Promise.resolve() },
    clock: systemClock,
    logger: silentLogger,
    nodeId: createId('node', 0),
    bytesMax: 8 * 1024 ** 3,
  });
  const outcomes = listOutcomes(JOURNALED, 200, 10);
  let spentMs = 0;
  for (let from = 0; from < outcomes.length; from += 100) {
    const startMs = performance.now();
    for (const outcome of outcomes.slice(from, from + 100)) {
      await journal.open(outcome);
      journal.close(outcome);
    }
    spentMs += performance.now() - startMs;
    await new Promise(setImmediate);
  }
  await journal.stop({ shipWithinMs: 0 });
  rmSync(dir, { recursive: true });
  return (spentMs * 1_000) / JOURNALED;
}

/** Attempts a second. */
async function measureBooking(url: string, users: number, accounts: number): Promise<number> {
  const database = await createTestDatabase(url);
  const db = openDatabase(database.url);
  const outcomes = listOutcomes(BATCH * BATCHES, users, accounts);
  await insertOwners(db, outcomes.slice(0, users));
  const sink = createUsageSink(db);
  const batches = splitBatches(outcomes);
  for (const batch of batches.splice(0, 5)) await sink.book(batch);
  const startMs = performance.now();
  for (const batch of batches) await sink.book(batch);
  const spentMs = performance.now() - startMs;
  await db.close();
  await database.drop();
  return (batches.length * BATCH * 1_000) / spentMs;
}

function splitBatches(outcomes: readonly AttemptOutcome[]): AttemptBatch[] {
  const texts = outcomes.map(encodeOutcome);
  return Array.from({ length: texts.length / BATCH }, (_, index) =>
    buildAttemptBatch(texts.slice(index * BATCH, (index + 1) * BATCH)),
  );
}

/** Each user has one key, and uses the accounts in turn. */
function listOutcomes(count: number, users: number, accounts: number): AttemptOutcome[] {
  const owners = Array.from({ length: users }, () => ({
    userId: createId('user', 0),
    keyId: createId('key', 0),
  }));
  const pool = Array.from({ length: accounts }, () => createId('account', 0));
  const plain = buildOutcome();
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const atMs = now - count + index;
    return {
      ...plain,
      ...(owners[index % users] as (typeof owners)[number]),
      attemptId: createId('attempt', atMs),
      requestId: createId('request', atMs),
      accountId: pool[(index * 7) % accounts] as (typeof pool)[number],
      atMs,
      standardCost: picoUsd(3_000_000_000n + BigInt(index)),
      actualCost: picoUsd(4_500_000_000n + BigInt(index)),
    };
  });
}

async function insertOwners(db: Database, outcomes: readonly AttemptOutcome[]): Promise<void> {
  for (const [index, { userId, keyId }] of outcomes.entries()) {
    const hash = index.toString(16).padStart(64, '0');
    await db.sql`insert into users (id, email) values (${userId}, ${userId})`;
    await db.sql`insert into keys (id, user_id, name, hash, prefix) values (${keyId}, ${userId}, 'k', ${hash}, 'sk')`;
  }
}
