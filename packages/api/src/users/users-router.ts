import { router } from '../base/procedures.ts';
import { createUser } from './create-user.ts';
import { deleteUser } from './delete-user.ts';
import { getUser } from './get-user.ts';
import { listUsers } from './list-users.ts';
import { resetTokenQuota } from './reset-token-quota.ts';
import { showRpmStatus } from './show-rpm-status.ts';
import { updateUser } from './update-user.ts';

export const usersRouter = router({
  list: listUsers,
  get: getUser,
  create: createUser,
  update: updateUser,
  delete: deleteUser,
  rpmStatus: showRpmStatus,
  resetTokenQuota,
});
