import { formatUsd, picoUsd } from '@tollgate/core';
import type { OverdraftResult } from './measure-overdraft.ts';

const PURSES = {
  balance: 'balance',
  subscription: 'subscription, day window',
  key: 'key, 24-hour limit',
} as const;

/** How many requests fit, each with all that it holds. */
function countFitting({ limit, hold }: OverdraftResult): number {
  return Number(limit / hold);
}

/** What must hold, in words; empty = all does. */
export function listOverdraftBreaches(result: OverdraftResult, requests: number): string[] {
  const { costs, served, refused, others, seen, spent, limit, sides, purse } = result;
  const expected = costs === 'hold' ? countFitting(result) : requests;
  const left = purse === 'balance' ? limit - spent : spent;
  const breaches: string[] = [];
  const expect = (isTrue: boolean, breach: string) => void (isTrue || breaches.push(breach));
  expect(served === expected, `${served} served, ${expected} fit`);
  expect(refused === requests - expected, `${refused} refused, ${requests - expected} do not fit`);
  expect(others.length === 0, `${others.length} other answers, first: ${others[0]}`);
  expect(spent <= limit, `overspent by ${formatUsd(picoUsd(spent - limit))}`);
  expect(spent === seen, `clients saw ${formatUsd(seen)}, billed ${formatUsd(spent)}`);
  expect(sides.held === 0n, `${formatUsd(sides.held)} is still held`);
  expect(sides.store === left, `the store says ${sides.store}, the books ${left}`);
  expect(sides.rows === sides.books, `the rows say ${sides.rows}, the books ${sides.books}`);
  return breaches.map((breach) => `${result.name}: ${breach}`);
}

/** The section of the page, as lines. */
export function buildOverdraftTable(results: readonly OverdraftResult[]): string[] {
  return [
    '| 1.00 USD in … | a request holds | and costs | fit at once | served | refused | spent | overspent | held after | store = Postgres = sum of rows | s |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...results.map(buildRow),
  ];
}

function buildRow(result: OverdraftResult): string {
  const { purse, hold, served, refused, seen, spent, limit, sides, elapsedMs } = result;
  const over = spent > limit ? spent - limit : 0n;
  const isOne = sides.store === sides.books && sides.books === sides.rows;
  const cells = [
    PURSES[purse],
    formatUsd(hold),
    served === 0 ? '–' : formatUsd(picoUsd(seen / BigInt(served))),
    countFitting(result),
    served,
    refused,
    formatUsd(spent),
    formatUsd(picoUsd(over)),
    formatUsd(sides.held),
    isOne ? formatUsd(sides.books) : `no: ${sides.store}, ${sides.books}, ${sides.rows}`,
    (elapsedMs / 1_000).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}
