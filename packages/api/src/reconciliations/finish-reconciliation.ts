import { compareExport, schema, type ExportFault } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { lockOpen } from './add-rows.ts';
import { loadReport } from './load-report.ts';
import { reportSchema } from './reconciliation-schemas.ts';

const FAULTS: Record<ExportFault, string> = {
  empty: 'the export has no rows',
  mixed: 'some rows have a request id, and some have none',
  overlapping: 'the export has periods that overlap, e.g. a day and its hours',
};

/** Compares what came with what is booked. It may take a while, and blocks no change of configuration. */
export const finishReconciliation = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(reportSchema)
  .mutation(({ ctx, input: { id } }) =>
    ctx.services.db.transaction(async (tx) => {
      const now = new Date(ctx.services.clock.nowMs());
      const { accountId, fileName, items } = await lockOpen(tx, id);
      const comparison = await compareExport(tx, id, now);
      if (!comparison.ok) throw buildProblem('invalid', 'id', FAULTS[comparison.fault]);
      await tx.insert(schema.audit).values({
        at: now,
        actor: ctx.admin.id,
        action: 'reconciliation.finish',
        target: id,
        detail: { accountId, fileName, items, matchedBy: comparison.matchedBy },
      });
      return loadReport(tx, id);
    }),
  );
