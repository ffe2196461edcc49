import { setTimeout as sleep } from 'node:timers/promises';
import type { UserId } from '@tollgate/core';
import { buildMessage, postMessages } from '../../harness/client.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { PurseBooks } from '../purse-books.ts';
import { compareBooks, type BookComparison } from './compare-books.ts';
import { CrashLoad } from './crash-load.ts';
import { CrashSite, LOST_KEY, NODES, VICTIMS } from './crash-site.ts';
import { fillDisk, freeDisk } from './fill-disk.ts';

export interface CrashPlan {
  /** Kills of each victim. */
  rounds: number;
  clients: number;
  /** Requests that run on a node when it is lost with its disk. */
  lost: number;
  /** 0 ≤ x < 1: the moments. */
  random(): number;
}

export interface CrashResult {
  plan: CrashPlan;
  /** By victim: kills, and answers that clients saw between the first and the last. */
  kills: { victim: string; kills: number; answers: number }[];
  /** While the journal of one node could not write. */
  fullDisk: { refused: number; answers: number };
  books: BookComparison;
  cut: number;
  /** The node whose disk is gone: how many of its requests are rows of their own, all `unknown`. */
  lost: { requests: number; unknownRows: number; billedRows: number };
  heldAfter: bigint;
}

const AFTER_CRASH_MS = 1_000;
const FULL_DISK_MS = 1_500;
const SERVED_WITHIN_MS = 30_000;
const SHIPPED_WITHIN_MS = 60_000;
/** A lease's 30 s, what the store waits beyond, and the job's 10 s. */
const FOUND_WITHIN_MS = 90_000;

/** MON-6 with everything that can die, under load; then both sides' books. */
export async function runCrashes(plan: CrashPlan): Promise<CrashResult> {
  const site = await CrashSite.start();
  const books = site.openBooks();
  try {
    site.simulator.setScript(() => ({ delayEventsMs: 1 }));
    const load = new CrashLoad(site, plan.clients);
    const kills = await crashAll(site, load, plan);
    const fullDisk = await fillJournal(site, load);
    await load.stop();
    const email = 'u@example.com';
    let found = await compareBooks(books.db, email, load.answered);
    await waitUntil(
      'all that was answered is booked',
      async () => {
        found = await compareBooks(books.db, email, load.answered);
        return found.breaches.length === 0;
      },
      SHIPPED_WITHIN_MS,
    ).catch(() => {});
    const lost = await loseNode(site, plan);
    const heldAfter = await readHeld(books);
    return { plan, kills, fullDisk, books: found, cut: load.cut, lost, heldAfter };
  } finally {
    await books.close();
    await site.stop();
  }
}

async function crashAll(site: CrashSite, load: CrashLoad, plan: CrashPlan): Promise<CrashResult['kills']> {
  const kills: CrashResult['kills'] = [];
  await waitForAnswers(load);
  for (const victim of VICTIMS) {
    const before = load.answered.length;
    for (let round = 0; round < plan.rounds; round += 1) {
      await sleep(plan.random() * AFTER_CRASH_MS);
      await site.crash(victim, NODES[round % NODES.length] ?? '');
      await waitForAnswers(load);
    }
    kills.push({ victim, kills: plan.rounds, answers: load.answered.length - before });
  }
  return kills;
}

/** The load goes on: clients of every node may be among them, so a few more than there are nodes. */
function waitForAnswers(load: CrashLoad): Promise<void> {
  const enough = load.answered.length + 20;
  return waitUntil('requests are answered', () => load.answered.length >= enough, SERVED_WITHIN_MS);
}

async function fillJournal(site: CrashSite, load: CrashLoad): Promise<CrashResult['fullDisk']> {
  const pid = site.pidOf(NODES[0]);
  const before = { refused: load.refused, answers: load.answered.length };
  await fillDisk(pid);
  await sleep(FULL_DISK_MS);
  await freeDisk(pid);
  const during = { refused: load.refused - before.refused, answers: load.answered.length - before.answers };
  await waitForAnswers(load);
  return during;
}

/** Requests that run for ever on a node that dies with its disk: nobody but the store has heard of them. */
async function loseNode(site: CrashSite, plan: CrashPlan): Promise<CrashResult['lost']> {
  site.simulator.setScript(() => ({ endless: true, delayEventsMs: 50 }));
  await site.startNode('three');
  const running = Array.from({ length: plan.lost }, async () => {
    const answer = await postMessages(site.urlOf('three'), buildMessage({ stream: true }), {
      'x-api-key': LOST_KEY,
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    return reader;
  });
  const readers = await Promise.all(running);
  await site.loseNode('three');
  for (const reader of readers) await reader?.cancel().catch(() => {});
  let rows: string[] = [];
  const { admin } = site;
  await waitUntil(
    'lost requests are known',
    async () => {
      const { items } = await admin.usage.list.query({ user: 'lost@example.com', limit: 500 });
      rows = items.map(({ state }) => state);
      return rows.length >= plan.lost;
    },
    FOUND_WITHIN_MS,
  ).catch(() => {});
  const unknownRows = rows.filter((state) => state === 'unknown').length;
  return { requests: plan.lost, unknownRows, billedRows: rows.length - unknownRows };
}

/** Of all balances. */
async function readHeld(books: PurseBooks): Promise<bigint> {
  const users = await books.db.sql.unsafe<{ id: UserId }[]>('select id from users');
  const sides = await Promise.all(users.map(({ id }) => books.readSides({ kind: 'balance', userId: id })));
  return sides.reduce((sum, { held }) => sum + held, 0n);
}
