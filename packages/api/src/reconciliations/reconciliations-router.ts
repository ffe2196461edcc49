import { router } from '../base/procedures.ts';
import { addRows } from './add-rows.ts';
import { beginReconciliation } from './begin-reconciliation.ts';
import { finishReconciliation } from './finish-reconciliation.ts';
import { getReconciliation } from './get-reconciliation.ts';
import { listDrift } from './list-drift.ts';
import { listReconciliations } from './list-reconciliations.ts';

/** MON-13 */
export const reconciliationsRouter = router({
  list: listReconciliations,
  get: getReconciliation,
  drift: listDrift,
  begin: beginReconciliation,
  addRows,
  finish: finishReconciliation,
});
