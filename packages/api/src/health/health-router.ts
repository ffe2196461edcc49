import { router } from '../base/procedures.ts';
import { getHealth } from './get-health.ts';

export const healthRouter = router({ get: getHealth });
