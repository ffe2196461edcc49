import { schema } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { buildProblem } from '../problems/problem.ts';

const { ledger, users } = schema;

export interface Movement {
  ledgerId: string;
  userId: string;
  kind: 'top-up' | 'adjustment';
  amount: string;
  note?: string | undefined;
}

/** Writes the ledger row and moves the balance; the new balance in USD. */
export async function bookMovement(change: Change, movement: Movement): Promise<string> {
  const { ledgerId, userId, kind, amount, note } = movement;
  await change.tx.insert(ledger).values({ id: ledgerId, userId, kind, amount, note, at: change.now });
  const [moved] = await change.tx
    .update(users)
    .set({ balance: sql`${users.balance} + ${amount}::numeric` })
    .where(eq(users.id, userId))
    .returning({ balance: users.balance });
  if (!moved) throw buildProblem('not-found', 'userId', `no such user: ${userId}`);
  change.invalidate({ scope: 'balance', userId });
  return normaliseUsd(moved.balance);
}
