import { z } from 'zod';

/** The link itself is shown when it is made, and never again. */
export const setUpLinkSchema = z.strictObject({
  id: z.string(),
  /** null = it makes a new admin. */
  userId: z.string().nullable(),
  userEmail: z.string().nullable(),
  resetsTotp: z.boolean(),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
