import { router } from '../base/procedures.ts';
import { applyFile } from './apply-file.ts';

/** Not `apply`: tRPC reserves that name. */
export const configRouter = router({ applyFile });
