import { router } from '../base/procedures.ts';
import { assignSubscription } from './assign-subscription.ts';
import { bulkAssignSubscriptions } from './bulk-assign-subscriptions.ts';
import { extendSubscription } from './extend-subscription.ts';
import { getSubscription } from './get-subscription.ts';
import { listSubscriptions } from './list-subscriptions.ts';
import { resumeSubscription } from './resume-subscription.ts';
import { revokeSubscription } from './revoke-subscription.ts';
import { suspendSubscription } from './suspend-subscription.ts';

/** MON-9 */
export const subscriptionsRouter = router({
  list: listSubscriptions,
  get: getSubscription,
  assign: assignSubscription,
  bulkAssign: bulkAssignSubscriptions,
  extend: extendSubscription,
  suspend: suspendSubscription,
  resume: resumeSubscription,
  revoke: revokeSubscription,
});
