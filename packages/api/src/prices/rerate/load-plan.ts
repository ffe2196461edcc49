import { schema, type Database, type Transaction } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { normaliseUsd } from '../../fields/number-fields.ts';
import { buildProblem } from '../../problems/problem.ts';

const { reratePlans } = schema;

/** Users and models with the largest differences that are shown; the sums count all. */
const SHARES_MAX = 200;

/** USD, new less old: positive = dearer. */
const sumFields = {
  attempts: z.int(),
  standardDifference: z.string(),
  actualDifference: z.string(),
};

export const planOutputSchema = z.strictObject({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  version: z.string(),
  reason: z.string(),
  attemptsSeen: z.int(),
  /** With another cost: these are booked. */
  attemptsChanged: z.int(),
  /** Of which something has no price in this version either. */
  attemptsUnpriced: z.int(),
  total: z.strictObject(sumFields),
  /** `balanceDifference`: what moves the user's balance; what a subscription paid does not. */
  users: z.array(
    z.strictObject({
      userId: z.string(),
      email: z.string().nullable(),
      balanceDifference: z.string(),
      ...sumFields,
    }),
  ),
  usersChanged: z.int(),
  models: z.array(z.strictObject({ upstreamModel: z.string(), ...sumFields })),
  createdAt: z.string(),
  /** null = not booked. */
  bookedAt: z.string().nullable(),
});

type PlanOutput = z.infer<typeof planOutputSchema>;
type Row = typeof reratePlans.$inferSelect;

/** A stored plan with its differences. Throws a ProblemError (not found). */
export async function loadPlan(db: Database | Transaction, planId: string): Promise<PlanOutput> {
  const [plan] = await db.select().from(reratePlans).where(eq(reratePlans.id, planId));
  if (!plan) throw buildProblem('not-found', 'planId', 'no such plan');
  return describePlan(db, plan);
}

const SUMS = sql`count(*)::int as "attempts",
  coalesce(sum(new_standard - old_standard), 0)::text as "standardDifference",
  coalesce(sum(new_actual - old_actual), 0)::text as "actualDifference"`;

async function describePlan(db: Database | Transaction, plan: Row): Promise<PlanOutput> {
  const rows = sql`from rerate_rows where plan_id = ${plan.id}`;
  const [total = { attempts: 0, standardDifference: '0', actualDifference: '0' }] = await db.execute<Sums>(
    sql`select ${SUMS} ${rows}`,
  );
  const [count] = await db.execute<{ users: number }>(
    sql`select count(distinct user_id)::int as users ${rows}`,
  );
  const users = await db.execute<
    Sums & { userId: string; email: string | null; balanceDifference: string }
  >(sql`
    select user_id as "userId", (select email from users where id = user_id) as email, ${SUMS},
      coalesce(sum(old_actual - new_actual) filter (where paid_from_balance), 0)::text as "balanceDifference"
    ${rows} group by user_id order by abs(sum(new_actual - old_actual)) desc, user_id limit ${SHARES_MAX}`);
  const models = await db.execute<Sums & { upstreamModel: string }>(sql`
    select upstream_model as "upstreamModel", ${SUMS} ${rows}
    group by upstream_model order by abs(sum(new_standard - old_standard)) desc, upstream_model limit ${SHARES_MAX}`);
  return {
    id: plan.id,
    from: plan.fromAt.toISOString(),
    to: plan.toAt.toISOString(),
    version: plan.version,
    reason: plan.reason,
    attemptsSeen: plan.rowsSeen,
    attemptsChanged: plan.rowsChanged,
    attemptsUnpriced: plan.rowsUnpriced,
    total: normaliseSums(total),
    users: [...users].map((user) =>
      Object.assign(normaliseSums(user), { balanceDifference: normaliseUsd(user.balanceDifference) }),
    ),
    usersChanged: count?.users ?? 0,
    models: [...models].map(normaliseSums),
    createdAt: plan.createdAt.toISOString(),
    bookedAt: plan.bookedAt?.toISOString() ?? null,
  };
}

type Sums = { attempts: number; standardDifference: string; actualDifference: string };

function normaliseSums<Share extends Sums>(share: Share): Share {
  return {
    ...share,
    standardDifference: normaliseUsd(share.standardDifference),
    actualDifference: normaliseUsd(share.actualDifference),
  };
}
