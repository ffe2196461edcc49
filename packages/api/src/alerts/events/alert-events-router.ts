import { router } from '../../base/procedures.ts';
import { getEvent } from './get-event.ts';
import { listEvents } from './list-events.ts';

export const alertEventsRouter = router({ list: listEvents, get: getEvent });
