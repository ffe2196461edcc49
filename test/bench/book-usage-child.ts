/** One measured process: opens and closes attempts at a fixed rate. Arguments: checkout, idle | full, database, folder. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createId,
  silentLogger,
  systemClock,
  ZERO_USAGE,
  type AttemptFacts,
  type AttemptOutcome,
} from '@tollgate/core';
import type * as dbModule from '@tollgate/db';
import type * as journalModule from '@tollgate/journal';

const STDOUT = 1;
const PER_SECOND = 6_000;
const TICK_MS = 2;
const WARM_UP_MS = 5_000;
const MEASURED_MS = 6_000;
const USERS = 200;

const [checkout = '', mode = '', databaseUrl = '', dir = ''] = process.argv.slice(2);
const nodeId = createId('node', 0);
const userIds = Array.from({ length: USERS }, () => createId('user', 0));
const keyIds = userIds.map(() => createId('key', 0));
const groupId = createId('group', 0);
const accountIds = Array.from({ length: 10 }, () => createId('account', 0));

function buildFacts(number: number): AttemptFacts {
  const atMs = systemClock.nowMs();
  return {
    attemptId: createId('attempt', atMs),
    requestId: createId('request', atMs),
    nodeId,
    atMs,
    userId: userIds[number % USERS]!,
    keyId: keyIds[number % USERS]!,
    groupId,
    accountId: accountIds[number % accountIds.length]!,
    protocol: 'messages',
    model: 'claude-sonnet-4-5',
    upstreamModel: 'claude-sonnet-4-5-20250929',
    stream: true,
    rateMultiplier: 1_500_000n as AttemptFacts['rateMultiplier'],
    subscriptionId: null,
  };
}

function buildOutcome(facts: AttemptFacts, number: number): AttemptOutcome {
  return {
    ...facts,
    state: 'settled',
    status: 200,
    errorCode: null,
    usage: { ...ZERO_USAGE, inputTokens: 1_000 + (number % 1_000), outputTokens: number % 300 },
    extra: [],
    priceVersion: 'builtin-2026-01-01',
    standardCost: (3_000_000_000n + BigInt(number)) as AttemptOutcome['standardCost'],
    actualCost: (4_500_000_000n + BigInt(number)) as AttemptOutcome['actualCost'],
    durationMs: number % 9_000,
    firstTokenMs: number % 900,
    upstreamRequestId: `req_011CU${number}`,
    media: null,
  };
}

const load = (name: string): Promise<unknown> => import(join(checkout, 'packages', name, 'src/index.ts'));
const { openJournal } = (await load('journal')) as typeof journalModule;
const { createUsageSink, openDatabase } = (await load('db')) as typeof dbModule;
const db = openDatabase(databaseUrl);
for (const id of userIds) await db.sql`insert into users (id, email) values (${id}, ${id})`;
const journal = await openJournal({
  dir,
  sink: createUsageSink(db),
  clock: systemClock,
  logger: silentLogger,
  nodeId,
});

let attempts = 0;
let checksum = 0;
/** Opened in the turn before, closed in this one: as long as a fast upstream takes. */
let running: AttemptFacts[] = [];

function tick(count: number): void {
  const isFull = mode === 'full';
  for (const facts of running) {
    const outcome = buildOutcome(facts, attempts);
    if (isFull) journal.close(outcome);
    checksum += outcome.durationMs;
  }
  running = Array.from({ length: count }, () => {
    attempts += 1;
    const facts = buildFacts(attempts);
    if (isFull) void journal.open(facts);
    return facts;
  });
}

async function runFor(ms: number): Promise<number> {
  const startMs = performance.now();
  const before = attempts;
  for (let due = 0; performance.now() - startMs < ms;) {
    await sleep(TICK_MS);
    const wanted = Math.floor(((performance.now() - startMs) * PER_SECOND) / 1_000);
    tick(wanted - due);
    due = wanted;
  }
  return attempts - before;
}

await runFor(WARM_UP_MS);
writeSync(STDOUT, '\n# begin mark\n');
const cpu = process.cpuUsage();
const measured = await runFor(MEASURED_MS);
const { user, system } = process.cpuUsage(cpu);
writeSync(STDOUT, '\n# end mark\n');
writeSync(STDOUT, `${JSON.stringify({ attempts: measured, cpuUs: user + system })}\n`);
tick(0);
const settled = Number.isFinite(checksum);
await journal.stop({ shipWithinMs: 20_000 });
const [row] = await db.sql<{ count: number }[]>`select count(*)::int as count from usage`;
await db.close();
if (!settled || (mode === 'full' && row?.count !== attempts)) {
  throw new Error(`booked ${row?.count} of ${attempts} attempts`);
}
process.exit(0);
