import { router } from '../base/procedures.ts';
import { bulkUpdateAccounts } from './bulk/bulk-update-accounts.ts';
import { exportAccounts } from './bulk/export-accounts.ts';
import { importAccounts } from './bulk/import-accounts.ts';
import { clearAccountState } from './clear-account-state.ts';
import { createAccount } from './create-account.ts';
import { deleteAccount } from './delete-account.ts';
import { getAccount } from './get-account.ts';
import { listAccountStates } from './list-account-states.ts';
import { listAccounts } from './list-accounts.ts';
import { testAccount } from './test-account.ts';
import { updateAccount } from './update-account.ts';

export const accountsRouter = router({
  list: listAccounts,
  get: getAccount,
  create: createAccount,
  update: updateAccount,
  delete: deleteAccount,
  test: testAccount,
  importMany: importAccounts,
  export: exportAccounts,
  bulkUpdate: bulkUpdateAccounts,
  states: listAccountStates,
  clearState: clearAccountState,
});
