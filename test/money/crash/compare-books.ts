import { formatUsd, parseUsd, picoUsd, type PicoUsd } from '@tollgate/core';
import type { Database } from '@tollgate/db';
import type { SeenAnswer } from '../read-answer.ts';

/** Both sides, in the end. */
export interface BookComparison {
  answered: number;
  /** Clients' own sum over what they saw to the end. */
  seen: PicoUsd;
  /** Rows of these requests in usage, and in the ledger. */
  billed: PicoUsd;
  booked: PicoUsd;
  /** Rows that were billed and that no client saw to its end: it was cut off after the answer was closed. */
  unseenRows: number;
  unseen: PicoUsd;
  unknownRows: number;
  failedRows: number;
  balance: PicoUsd;
  ledger: PicoUsd;
  /** What is wrong, in words; empty = nothing. */
  breaches: string[];
}

interface Row {
  attempt_id: string;
  request_id: string;
  state: string;
  cost: string;
  booked: string | null;
}

/** All rows of the user against what its clients saw. */
export async function compareBooks(
  { sql }: Database,
  email: string,
  answers: readonly SeenAnswer[],
): Promise<BookComparison> {
  const [user] = await sql.unsafe<{ id: string; balance: string; ledger: string }[]>(
    `select id, balance::text, (select sum(amount)::text from ledger where user_id = users.id) as ledger
     from users where email = $1`,
    [email],
  );
  if (user === undefined) throw new Error(`no user ${email}`);
  const rows: Row[] = await sql.unsafe<Row[]>(
    `select usage.attempt_id, request_id, state, actual_cost::text as cost, (-amount)::text as booked
     from usage left join ledger on ledger.attempt_id = usage.attempt_id where usage.user_id = $1`,
    [user.id],
  );
  const costs = new Map(answers.map(({ requestId, cost }) => [requestId, cost]));
  const billed = rows.filter(({ state }) => state === 'settled' || state === 'estimated');
  const seenRows = billed.filter(({ request_id }) => costs.has(request_id));
  const unseenRows = billed.filter(({ request_id }) => !costs.has(request_id));
  const countOf = (state: string) => rows.filter((row) => row.state === state).length;
  const comparison = {
    answered: answers.length,
    seen: sum(answers.map(({ cost }) => cost)),
    billed: sum(seenRows.map(({ cost }) => parseUsd(cost))),
    booked: sum(seenRows.map(({ booked }) => parseUsd(booked ?? '0'))),
    unseenRows: unseenRows.length,
    unseen: sum(unseenRows.map(({ cost }) => parseUsd(cost))),
    unknownRows: countOf('unknown'),
    failedRows: countOf('failed'),
    balance: parseUsd(user.balance),
    ledger: parseUsd(user.ledger),
  };
  return { ...comparison, breaches: [...listRowBreaches(rows, costs), ...listSumBreaches(comparison)] };
}

function* listRowBreaches(rows: readonly Row[], costs: ReadonlyMap<string, PicoUsd>): Generator<string> {
  const byRequest = Map.groupBy(
    rows.filter(({ state }) => state === 'settled' || state === 'estimated'),
    ({ request_id }) => request_id,
  );
  for (const [requestId, cost] of costs) {
    const billed = byRequest.get(requestId) ?? [];
    const [row] = billed;
    if (billed.length !== 1 || row === undefined) yield `${requestId} is billed ${billed.length} times`;
    else if (row.state !== 'settled' || parseUsd(row.cost) !== cost)
      yield `${requestId} is ${row.state} with ${row.cost}, its client saw ${formatUsd(cost)}`;
  }
  for (const { attempt_id, state, cost, booked } of rows) {
    if (parseUsd(cost) !== parseUsd(booked ?? '0'))
      yield `${attempt_id} is ${state} with ${cost}, the ledger says ${booked}`;
  }
}

function* listSumBreaches(found: Omit<BookComparison, 'breaches'>): Generator<string> {
  const { seen, billed, booked, balance, ledger } = found;
  if (seen !== billed) yield `clients saw ${formatUsd(seen)}, billed ${formatUsd(billed)}`;
  if (billed !== booked) yield `billed ${formatUsd(billed)}, in the ledger ${formatUsd(booked)}`;
  if (balance !== ledger) yield `balance ${formatUsd(balance)}, sum of the ledger ${formatUsd(ledger)}`;
}

function sum(amounts: readonly bigint[]): PicoUsd {
  return picoUsd(amounts.reduce((total, amount) => total + amount, 0n));
}
