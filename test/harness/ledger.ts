import type { TollgateClient } from '@tollgate/api';
import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import { expect } from 'vitest';
import type { UsageRow } from './usage.ts';

const EMAIL = 'u@example.com';

/** All usage rows, newest first. */
export async function listAllUsage(admin: TollgateClient): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: UsageRow[]; nextCursor: string | null } = await admin.usage.list.query({
      limit: 500,
      cursor,
    });
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}

/** Movements of kind `use` as `attempt id → USD`, negative; a second row of one attempt throws. */
async function readUses(
  admin: TollgateClient,
  userId: string,
): Promise<{ uses: Map<string, string>; sum: bigint }> {
  const uses = new Map<string, string>();
  let sum = 0n;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof admin.balances.ledger.query>> = await admin.balances.ledger.query({
      userId,
      limit: 200,
      cursor,
    });
    for (const { kind, amount, attemptId } of page.items) {
      sum += parseUsd(amount);
      if (kind !== 'use' || attemptId === null) continue;
      if (uses.has(attemptId)) throw new Error(`attempt ${attemptId} is in the ledger twice`);
      uses.set(attemptId, amount);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { uses, sum };
}

/**
 * MON-5: each attempt has one usage row; each row that cost something has one ledger row of just that amount,
 * and no other has one; the balance is the sum of the ledger. Returns the rows.
 */
export async function expectLedgerExact(admin: TollgateClient, email = EMAIL): Promise<UsageRow[]> {
  const before = await listAllUsage(admin);
  const { id, balance } = await admin.users.get.query({ email });
  const { uses, sum } = await readUses(admin, id);
  const rows = await listAllUsage(admin);
  // Rows came in between: these three looks were not at one moment.
  if (rows.length !== before.length) return expectLedgerExact(admin, email);
  expect(new Set(rows.map(({ attempt_id }) => attempt_id)).size).toBe(rows.length);
  const billed = rows.filter(({ user, actual_cost_usd }) => user === email && actual_cost_usd !== '0');
  expect(uses).toEqual(new Map(billed.map((row) => [row.attempt_id, `-${row.actual_cost_usd}`])));
  expect(balance).toBe(formatUsd(picoUsd(sum)));
  return rows;
}
