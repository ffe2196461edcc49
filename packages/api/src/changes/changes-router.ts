import { router } from '../base/procedures.ts';
import { showInForce } from './show-in-force.ts';

export const changesRouter = router({ inForce: showInForce });
