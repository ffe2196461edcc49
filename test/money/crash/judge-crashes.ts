import { formatUsd } from '@tollgate/core';
import type { CrashResult } from './run-crashes.ts';

const SHOWN_MAX = 20;

/** What must hold, in words; empty = all does. */
export function listCrashBreaches({ plan, kills, fullDisk, books, lost, heldAfter }: CrashResult): string[] {
  const breaches = books.breaches.slice(0, SHOWN_MAX);
  const idle = kills.filter(({ answers }) => answers === 0);
  for (const { victim } of idle) breaches.push(`nobody was answered while the ${victim} was killed`);
  if (fullDisk.refused === 0) breaches.push('a node with a full disk refused nobody');
  if (lost.unknownRows !== plan.lost || lost.billedRows > 0)
    breaches.push(`of ${plan.lost} lost requests ${lost.unknownRows} are unknown, ${lost.billedRows} billed`);
  if (heldAfter > 0n) breaches.push(`${heldAfter} pico-USD are still held`);
  return breaches;
}

/** The section of the page, as lines. */
export function buildCrashReport(result: CrashResult): string[] {
  const { kills, fullDisk, books, cut, lost } = result;
  return [
    '| kill -9 of | times | answers that clients saw meanwhile |',
    '|---|---|---|',
    ...kills.map((row) => `| ${row.victim} | ${row.kills} | ${row.answers} |`),
    '',
    `One journal's disk full for a while: ${fullDisk.refused} refused, ${fullDisk.answers} answered by the other node, or closed from memory.`,
    '',
    '| both sides | requests | USD |',
    '|---|---|---|',
    `| clients: answers seen to the end, usage × price | ${books.answered} | ${formatUsd(books.seen)} |`,
    `| Postgres: usage rows of these | ${books.answered} | ${formatUsd(books.billed)} |`,
    `| Postgres: ledger rows of these | ${books.answered} | ${formatUsd(books.booked)} |`,
    `| billed, the end not seen by its client | ${books.unseenRows} | ${formatUsd(books.unseen)} |`,
    `| sum of the ledger | | ${formatUsd(books.ledger)} |`,
    `| balance | | ${formatUsd(books.balance)} |`,
    `| answers cut off or never begun | ${cut} | |`,
    `| of these \`unknown\` | ${books.unknownRows} | 0 |`,
    `| of these \`failed\` | ${books.failedRows} | 0 |`,
    `| node and its disk gone: requests that ran there → \`unknown\` | ${lost.requests} → ${lost.unknownRows} | 0 |`,
  ];
}
