import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { idField } from '../fields/text-fields.ts';
import { loadReport } from './load-report.ts';
import { reportSchema } from './reconciliation-schemas.ts';

export const getReconciliation = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(reportSchema)
  .query(({ ctx, input }) => loadReport(ctx.services.db, input.id));
