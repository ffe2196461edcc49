import { router } from '../base/procedures.ts';
import { exportUsage } from './export-usage.ts';
import { listUsage } from './list-usage.ts';

export const usageRouter = router({ list: listUsage, export: exportUsage });
