import { router } from '../base/procedures.ts';
import { clearGroupOverrides } from './clear-group-overrides.ts';
import { deleteOverride } from './delete-override.ts';
import { listOverrides } from './list-overrides.ts';
import { setOverride } from './set-override.ts';

export const overridesRouter = router({
  list: listOverrides,
  set: setOverride,
  delete: deleteOverride,
  clearGroup: clearGroupOverrides,
});
