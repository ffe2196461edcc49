import { router } from '../base/procedures.ts';
import { apply } from './apply.ts';

export const configRouter = router({ apply });
