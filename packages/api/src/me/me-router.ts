import { router } from '../base/procedures.ts';
import { changePassword } from './change-password.ts';
import { getProfile } from './get-profile.ts';
import { createOwnKey } from './keys/create-own-key.ts';
import { deleteOwnKey } from './keys/delete-own-key.ts';
import { listOwnKeys } from './keys/list-own-keys.ts';
import { listUsableGroups } from './keys/list-usable-groups.ts';
import { updateOwnKey } from './keys/update-own-key.ts';
import { listOwnLedger } from './list-own-ledger.ts';
import { listOwnSubscriptions } from './list-own-subscriptions.ts';
import { listOwnUsage } from './list-own-usage.ts';
import { redeemOwnCode } from './redeem-own-code.ts';
import { listOwnSessions } from './sessions/list-own-sessions.ts';
import { revokeOwnSession } from './sessions/revoke-own-session.ts';
import { showBalance } from './show-balance.ts';
import { beginTotp } from './totp/begin-totp.ts';
import { confirmTotp } from './totp/confirm-totp.ts';
import { disableTotp } from './totp/disable-totp.ts';
import { renewRecoveryCodes } from './totp/renew-recovery-codes.ts';
import { updateProfile } from './update-profile.ts';

/** Self-service: no procedure takes the id of a user, so none can be asked about somebody else. */
export const meRouter = router({
  get: getProfile,
  update: updateProfile,
  changePassword,
  balance: showBalance,
  usage: listOwnUsage,
  ledger: listOwnLedger,
  subscriptions: listOwnSubscriptions,
  redeem: redeemOwnCode,
  groups: listUsableGroups,
  keys: router({ list: listOwnKeys, create: createOwnKey, update: updateOwnKey, delete: deleteOwnKey }),
  sessions: router({ list: listOwnSessions, revoke: revokeOwnSession }),
  totp: router({ begin: beginTotp, confirm: confirmTotp, disable: disableTotp, renewRecoveryCodes }),
});
