import { userProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadUser } from '../users/load-user.ts';
import { hasOneThreshold, ONE_THRESHOLD, userPatchSchema } from '../users/user-schemas.ts';
import { updateUser } from '../users/write-user.ts';
import { loadProfile, profileSchema } from './profile.ts';

const inputSchema = userPatchSchema
  .pick({ lowBalanceThreshold: true, lowBalancePercent: true, noticeEmails: true })
  .refine(hasOneThreshold, ONE_THRESHOLD);

/** MON-11: when and whom to warn. All else about a user is the admin's to change. */
export const updateProfile = userProcedure
  .input(inputSchema)
  .output(profileSchema)
  .mutation(async ({ ctx: { services, person }, input }) => {
    await runChange({ services, actor: person.id }, async (change) =>
      updateUser(change, await loadUser(change.tx, { id: person.id }), input),
    );
    return loadProfile(services.db, person.id);
  });
