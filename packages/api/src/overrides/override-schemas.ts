import { z } from 'zod';
import { limitField } from '../fields/number-fields.ts';
import { idField } from '../fields/text-fields.ts';

export const overrideRefSchema = z.strictObject({ userId: idField, groupId: idField });

/** LIM-1: in place of the group's RPM for this user; 0 = free of it. */
export const overrideInputSchema = overrideRefSchema.safeExtend({ rpm: limitField });

export const overrideOutputSchema = z.strictObject({
  userId: z.string(),
  userEmail: z.string(),
  groupId: z.string(),
  groupName: z.string(),
  rpm: limitField,
  updatedAt: z.string(),
});

export type Override = z.infer<typeof overrideOutputSchema>;
export type OverrideInput = z.infer<typeof overrideInputSchema>;
