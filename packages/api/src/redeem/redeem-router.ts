import { router } from '../base/procedures.ts';
import { createBatch } from './create-batch.ts';
import { exportCodes } from './export-codes.ts';
import { listBatches } from './list-batches.ts';
import { listCodes } from './list-codes.ts';
import { redeemCode } from './redeem-code.ts';
import { revokeCodes } from './revoke-codes.ts';

/** MON-12 */
export const redeemRouter = router({
  createBatch,
  batches: listBatches,
  codes: listCodes,
  exportBatch: exportCodes,
  revoke: revokeCodes,
  redeem: redeemCode,
});
