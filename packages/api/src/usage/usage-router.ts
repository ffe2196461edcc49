import { router } from '../base/procedures.ts';
import { listUsage } from './list-usage.ts';

export const usageRouter = router({ list: listUsage });
