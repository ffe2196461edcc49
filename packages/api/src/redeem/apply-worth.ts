import { schema } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import { bookMovement } from '../balances/book-movement.ts';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { assignSubscriptions } from '../subscriptions/assign-subscriptions.ts';
import { mapWorth, type BatchRow, type CodeRow } from './map-redeem.ts';

const { users } = schema;

export interface Redemption {
  code: CodeRow;
  batch: BatchRow;
  userId: string;
}

/** Gives the user what the code is worth; the id of the subscription that it made or made longer, else null. */
export async function applyWorth(
  change: Change,
  { code, batch, userId }: Redemption,
): Promise<string | null> {
  const worth = mapWorth(batch);
  const note = `code ${code.prefix} of batch ${batch.name}`;
  if (worth.kind === 'balance') {
    // The row's id follows from the code's: the ledger too takes a code once.
    const ledgerId = code.id.replace(/^rdc_/, 'led_');
    await bookMovement(change, { ledgerId, userId, kind: 'redeem', amount: worth.amount, note });
    return null;
  }
  if (worth.kind === 'concurrency') {
    await raiseConcurrency(change, userId, worth.concurrency);
    return null;
  }
  const { groupId, days } = worth;
  const terms = { userIds: [userId], groupId, days, note, ifExists: 'extend' } as const;
  const [assigned] = await assignSubscriptions(change, terms);
  return assigned?.subscription.id ?? null;
}

async function raiseConcurrency(change: Change, userId: string, by: number): Promise<void> {
  const [row] = await change.tx
    .update(users)
    .set({ concurrency: sql`${users.concurrency} + ${by}`, updatedAt: change.now })
    .where(sql`${eq(users.id, userId)} and ${users.concurrency} > 0`)
    .returning({ concurrency: users.concurrency });
  // 0 is no limit: adding to it would take from the user.
  if (!row) throw buildProblem('conflict', 'code', 'the user has no limit of parallel requests to raise');
  change.invalidate({ scope: 'user', userId });
}
