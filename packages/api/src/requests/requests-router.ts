import { router } from '../base/procedures.ts';
import { getRequest } from './get-request.ts';
import { listRequests } from './list-requests.ts';

export const requestsRouter = router({ list: listRequests, get: getRequest });
