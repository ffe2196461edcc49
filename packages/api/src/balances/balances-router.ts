import { router } from '../base/procedures.ts';
import { adjustBalance } from './adjust-balance.ts';
import { listLedger } from './list-ledger.ts';

export const balancesRouter = router({ adjust: adjustBalance, ledger: listLedger });
