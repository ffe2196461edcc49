import { findDecision, listUsage, type DetailedDecision } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { usageRowSchema } from '../usage/usage-row-schema.ts';
import { decisionSchema, requestSchema } from './request-schemas.ts';

/** A request has at most so many attempts. */
const ATTEMPTS_MAX = 100;

const detailedSchema = requestSchema.extend({
  decision: decisionSchema,
  /** By id, of those that the decision speaks of and that exist still. */
  accountNames: z.record(z.string(), z.string()),
});

const outputSchema = z.strictObject({
  /** null = the record is too old, or was dropped; the attempts are still there. */
  request: detailedSchema.nullable(),
  /** In the order in which they were made; those that are still in a node's journal are missing. */
  attempts: z.array(usageRowSchema),
});

/** OPS-9: what was decided for one request, with what its attempts used and cost. */
export const getRequest = adminProcedure
  .input(z.strictObject({ requestId: idField }))
  .output(outputSchema)
  .query(async ({ ctx, input: { requestId } }) => {
    const { db } = ctx.services;
    const [found, attempts] = await Promise.all([
      findDecision(db, requestId),
      listUsage(db, { request_id: requestId, limit: ATTEMPTS_MAX }),
    ]);
    if (found === null && attempts.length === 0)
      throw buildProblem('not-found', 'requestId', `no such request: ${requestId}`);
    return { request: found && mapRequest(found), attempts: attempts.toReversed() };
  });

function mapRequest({ detail, ...row }: DetailedDecision): z.infer<typeof detailedSchema> {
  return { ...row, decision: detail };
}
