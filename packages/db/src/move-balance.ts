import { sql } from 'drizzle-orm';
import { buildCrossing, LOW_BALANCE_DETAIL } from './booking/low-balance.ts';
import type { Transaction } from './open-database.ts';

/** A movement of a balance that is no use of it: those come from attempts (see book-usage.ts). */
export interface BalanceMovement {
  ledgerId: string;
  userId: string;
  kind: 'top-up' | 'redeem' | 'adjustment' | 'refund';
  /** USD, a decimal; negative = taken from the user. */
  amount: string;
  /** Who and why. */
  note?: string | undefined;
  at: Date;
}

/**
 * Writes the ledger row and moves the balance with it (MON-5); gives the new balance in USD, or null when there is no
 * such user. Money that comes in as top-up or code counts as recharged and arms the low-balance notice again; what
 * takes the balance down to the threshold makes one (MON-11). Throws when the ledger has the id already.
 */
export async function moveBalance(tx: Transaction, movement: BalanceMovement): Promise<string | null> {
  const { ledgerId, userId, kind, amount, note, at } = movement;
  const isRecharge = kind === 'top-up' || kind === 'redeem';
  const crosses = sql.raw(buildCrossing('balance - delta', 'balance'));
  const [row] = await tx.execute<{ balance: string }>(sql`
    with movement as (select ${amount}::numeric as delta), moved as (
      update users set balance = balance + delta,
        total_recharged = total_recharged + case when ${isRecharge} then greatest(delta, 0) else 0 end,
        low_balance_notified_at = case when ${isRecharge} then null
          when low_balance_notified_at is null and ${sql.raw(buildCrossing('balance', 'balance + delta'))} then now()
          else low_balance_notified_at end
      from movement where id = ${userId}
      returning users.*, delta
    ), booked as (
      insert into ledger (id, user_id, kind, amount, note, at)
      select ${ledgerId}, id, ${kind}, delta, ${note ?? null}, ${at.toISOString()}::timestamptz from moved
    ), noticed as (
      insert into notices (user_id, kind, detail)
      select id, 'low-balance', ${sql.raw(LOW_BALANCE_DETAIL)} from moved
      where low_balance_notified_at = now() and ${crosses}
    )
    select balance from moved`);
  return row?.balance ?? null;
}
