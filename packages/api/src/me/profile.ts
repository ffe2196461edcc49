import type { Database } from '@tollgate/db';
import { z } from 'zod';
import { countRecoveryCodes, hasTotp } from '../sign-in/totp/second-factor.ts';
import { loadUser } from '../users/load-user.ts';
import { userOutputSchema } from '../users/user-schemas.ts';

/** What a person sees of themselves. */
export const profileSchema = userOutputSchema
  .pick({
    id: true,
    email: true,
    role: true,
    balance: true,
    totalRecharged: true,
    concurrency: true,
    rpm: true,
    tpm: true,
    tokenLimit: true,
    tokenUsage: true,
    lastResetAt: true,
    lowBalanceThreshold: true,
    lowBalancePercent: true,
    noticeEmails: true,
    createdAt: true,
  })
  .safeExtend({
    /** Signing in asks for a code. */
    hasTotp: z.boolean(),
    recoveryCodesLeft: z.int(),
  });

export async function loadProfile(db: Database, userId: string): Promise<z.infer<typeof profileSchema>> {
  const user = await loadUser(db, { id: userId });
  const shown = Object.entries(user).filter(([field]) => field in profileSchema.shape);
  return profileSchema.parse({
    ...Object.fromEntries(shown),
    hasTotp: await hasTotp(db, userId),
    recoveryCodesLeft: await countRecoveryCodes(db, userId),
  });
}
