import { router } from '../base/procedures.ts';
import { listQueues } from './list-queues.ts';
import { listSlots } from './list-slots.ts';

export const liveRouter = router({ slots: listSlots, queues: listQueues });
