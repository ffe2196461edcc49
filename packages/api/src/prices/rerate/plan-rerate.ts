import { createId } from '@tollgate/core';
import { schema, type Transaction } from '@tollgate/db';
import { and, eq, isNull, lt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import type { ApiServices } from '../../base/context.ts';
import { idField, instantField, noteField } from '../../fields/text-fields.ts';
import { buildProblem } from '../../problems/problem.ts';
import { loadPricesInForce, loadPriceVersion } from '../load-prices.ts';
import { modelField } from '../price-schemas.ts';
import { loadPlan, planOutputSchema } from './load-plan.ts';
import { writePlanRows } from './write-plan-rows.ts';

const { audit, priceVersions, reratePlans } = schema;

/** A plan that nobody booked is of no use when the usage has gone on for so long. */
const PLAN_TTL_MS = 30 * 86_400_000;

const inputSchema = z
  .strictObject({
    /** Attempts opened from this moment on … */
    from: instantField,
    /** … and before this one. */
    to: instantField,
    /** Any stored version; the one in force when left out. */
    version: z.string().max(100).optional(),
    /** Goes into the ledger of every user whose balance moves. */
    reason: noteField.min(1, 'say why'),
    filter: z
      .strictObject({
        userId: idField.optional(),
        groupId: idField.optional(),
        /** What the upstream was asked for. */
        upstreamModel: modelField.optional(),
        /** Only attempts that have no price yet. */
        unpricedOnly: z.boolean().default(false),
      })
      .prefault({}),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'is not after `from`',
  });

type Input = z.infer<typeof inputSchema>;

/** Stores what pricing past usage with a version would change, and says it. Nothing moves before it is booked. */
export const planRerate = adminProcedure
  .input(inputSchema)
  .output(planOutputSchema)
  .mutation(({ ctx, input }) =>
    // Not a change of configuration, and long: it takes no lock. All pages are of one moment.
    ctx.services.db.transaction((tx) => storePlan(tx, ctx.services, ctx.admin.id, input), {
      isolationLevel: 'repeatable read',
    }),
  );

async function storePlan(tx: Transaction, services: ApiServices, actor: string, input: Input) {
  const now = new Date(services.clock.nowMs());
  await dropOldPlans(tx, now);
  const { version = await readVersion(tx), reason, filter } = input;
  const book = await loadPriceVersion(tx, version);
  await requireStored(tx, version);
  const id = createId('reratePlan', now.getTime());
  const scope = { from: new Date(input.from), to: new Date(input.to), ...filter };
  const plan = {
    id,
    fromAt: scope.from,
    toAt: scope.to,
    version,
    filter,
    reason,
    createdBy: actor,
    createdAt: now,
  };
  await tx.insert(reratePlans).values({ ...plan, rowsSeen: 0, rowsChanged: 0, rowsUnpriced: 0 });
  const counts = await writePlanRows(tx, id, scope, book);
  await tx.update(reratePlans).set(counts).where(eq(reratePlans.id, id));
  const detail = { from: input.from, to: input.to, version, reason, filter, ...counts };
  await tx.insert(audit).values({ at: now, actor, action: 'price.rerate-plan', target: id, detail });
  return loadPlan(tx, id);
}

async function readVersion(tx: Transaction): Promise<string> {
  return (await loadPricesInForce(tx)).book.version;
}

/** The built-in list is stored by the control plane as it starts; rows must never name what cannot be loaded. */
async function requireStored(tx: Transaction, version: string): Promise<void> {
  const found = await tx
    .select({ version: priceVersions.version })
    .from(priceVersions)
    .where(eq(priceVersions.version, version));
  if (found.length === 0) throw buildProblem('conflict', 'version', 'is not stored yet');
}

async function dropOldPlans(tx: Transaction, now: Date): Promise<void> {
  const before = new Date(now.getTime() - PLAN_TTL_MS);
  await tx.delete(reratePlans).where(and(isNull(reratePlans.bookedAt), lt(reratePlans.createdAt, before)));
}
