import { userProcedure } from '../base/procedures.ts';
import { loadProfile, profileSchema } from './profile.ts';

export const getProfile = userProcedure
  .output(profileSchema)
  .query(({ ctx }) => loadProfile(ctx.services.db, ctx.person.id));
