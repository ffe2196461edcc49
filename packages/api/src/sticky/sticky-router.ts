import { router } from '../base/procedures.ts';
import { clearSticky } from './clear-sticky.ts';
import { listSticky } from './list-sticky.ts';

export const stickyRouter = router({ list: listSticky, clear: clearSticky });
