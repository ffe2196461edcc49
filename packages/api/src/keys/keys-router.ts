import { router } from '../base/procedures.ts';
import { createKey } from './create-key.ts';
import { deleteKey } from './delete-key.ts';
import { getKey } from './get-key.ts';
import { listKeys } from './list-keys.ts';
import { resetKeyUsage } from './reset-key-usage.ts';
import { showKeyUsage } from './show-key-usage.ts';
import { updateKey } from './update-key.ts';

export const keysRouter = router({
  list: listKeys,
  get: getKey,
  create: createKey,
  update: updateKey,
  delete: deleteKey,
  usage: showKeyUsage,
  resetUsage: resetKeyUsage,
});
