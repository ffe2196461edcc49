import { createHash } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import { moveBalance } from './move-balance.ts';
import type { Transaction } from './open-database.ts';

export interface BookedRerate {
  /** Usage rows that have other costs now. */
  rows: number;
  /** Users whose balance moved. */
  userIds: string[];
}

/**
 * Books a plan that is stored and locked by the caller, in the caller's transaction: usage rows and their hourly
 * sums get the new costs, and each user who paid from the balance one ledger row with the difference. Windows of
 * keys and subscriptions stay: they say what was let through at the time. null = a row of the plan is not what it
 * was when the plan was made, or is gone; the caller must roll back.
 */
export async function bookRerate(
  tx: Transaction,
  { planId, note, at }: { planId: string; note: string; at: Date },
): Promise<BookedRerate | null> {
  // As the shipper of usage does, users first and in order: the two wait for each other, never in a circle.
  await tx.execute(sql`
    select id from users where id in (select user_id from rerate_rows where plan_id = ${planId})
    order by id for no key update`);
  const rows = await countOf(tx, moveUsage(planId));
  if (
    rows !==
    (await countOf(tx, sql`select count(*)::int as count from rerate_rows where plan_id = ${planId}`))
  ) {
    return null;
  }
  return { rows, userIds: await moveBalances(tx, planId, note, at) };
}

/** The hourly sums move by what the rows really moved. */
function moveUsage(planId: string): SQL {
  return sql`
    with moved as (
      update usage set price_version = plan.version, standard_cost = planned.new_standard,
        actual_cost = planned.new_actual
      from rerate_rows planned join rerate_plans plan on plan.id = planned.plan_id
      where planned.plan_id = ${planId} and usage.attempt_id = planned.attempt_id and usage.at = planned.at
        and usage.state = planned.state and usage.price_version is not distinct from planned.old_version
        and usage.standard_cost = planned.old_standard and usage.actual_cost = planned.old_actual
      returning date_trunc('hour', usage.at, 'UTC') as hour,
        tollgate_usage_dimensions(usage.user_id, usage.key_id, usage.group_id, usage.account_id, usage.model,
          usage.protocol, usage.state) as dimensions,
        planned.new_standard - planned.old_standard as standard, planned.new_actual - planned.old_actual as actual
    ), summed as (
      select hour, dimensions, sum(standard) as standard, sum(actual) as actual from moved group by hour, dimensions
    ), rolled as (
      update usage_hourly set standard_cost = standard_cost + summed.standard, actual_cost = actual_cost + summed.actual
      from summed where usage_hourly.hour = summed.hour and usage_hourly.dimensions = summed.dimensions
    )
    select count(*)::int as count from moved`;
}

/** The id follows from plan and user: not even a plan that is booked twice moves money twice. */
async function moveBalances(tx: Transaction, planId: string, note: string, at: Date): Promise<string[]> {
  const due = await tx.execute<{ userId: string; amount: string }>(sql`
    select user_id as "userId", sum(old_actual - new_actual)::text as amount
    from rerate_rows join users on users.id = user_id
    where plan_id = ${planId} and paid_from_balance
    group by user_id having sum(old_actual - new_actual) <> 0 order by user_id`);
  for (const { userId, amount } of due) {
    const digest = createHash('sha256').update(`${planId} ${userId}`).digest('hex');
    const ledgerId = `led_${digest.slice(0, 26)}`;
    await moveBalance(tx, { ledgerId, userId, kind: 'adjustment', amount, note, at });
  }
  return [...due].map(({ userId }) => userId);
}

async function countOf(tx: Transaction, statement: SQL): Promise<number> {
  const [row] = await tx.execute<{ count: number }>(statement);
  return row?.count ?? 0;
}
