import { router } from '../base/procedures.ts';
import { listAudit } from './list-audit.ts';

export const auditRouter = router({ list: listAudit });
