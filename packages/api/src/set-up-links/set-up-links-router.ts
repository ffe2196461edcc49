import { router } from '../base/procedures.ts';
import { createSetUpLink } from './create-set-up-link.ts';
import { listSetUpLinks } from './list-set-up-links.ts';
import { revokeSetUpLink } from './revoke-set-up-link.ts';

/** CTL-2 */
export const setUpLinksRouter = router({
  create: createSetUpLink,
  list: listSetUpLinks,
  revoke: revokeSetUpLink,
});
