import { router } from '../base/procedures.ts';
import { applyFile } from './apply-file.ts';
import { exportFile } from './export-file.ts';

/** Not `apply`: tRPC reserves that name. */
export const configRouter = router({ applyFile, exportFile });
