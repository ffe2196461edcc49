import { router } from '../base/procedures.ts';
import { listNodes } from './list-nodes.ts';

export const nodesRouter = router({ list: listNodes });
