import { z } from 'zod';
import { idField, instantField, noteField } from '../fields/text-fields.ts';
import { windowSchema } from '../windows/show-window.ts';

const TERM_DAYS_MAX = 3_660;
const BULK_USERS_MAX = 1_000;

export const daysField = z.int().min(1).max(TERM_DAYS_MAX);

/** How long: a number of days (24 hours each), or until a moment. One of the two. */
const termFields = {
  days: daysField.optional(),
  /** The first moment at which it is no longer valid. */
  expiresAt: instantField.optional(),
};

const ONE_TERM = { path: ['days'], message: 'give either days or expiresAt' };

function hasOneTerm({ days, expiresAt }: { days?: number | undefined; expiresAt?: string | undefined }) {
  return (days === undefined) !== (expiresAt === undefined);
}

const assignFields = {
  groupId: idField,
  ...termFields,
  /** Absent = now. */
  startsAt: instantField.optional(),
  note: noteField.optional(),
};

export const assignSchema = z
  .strictObject({
    userId: idField,
    ...assignFields,
    /** When the user has one to the group already: refuse, or add the term to it. One that has expired is renewed. */
    ifExists: z.enum(['conflict', 'extend']).default('conflict'),
  })
  .refine(hasOneTerm, ONE_TERM);

export const bulkAssignSchema = z
  .strictObject({
    userIds: z
      .array(idField)
      .min(1, 'expected a user')
      .max(BULK_USERS_MAX)
      .refine((ids) => new Set(ids).size === ids.length, 'names a user twice'),
    ...assignFields,
    /** `skip`: who has one keeps it as it is. */
    ifExists: z.enum(['conflict', 'extend', 'skip']).default('conflict'),
  })
  .refine(hasOneTerm, ONE_TERM);

export const extendSchema = z.strictObject({ id: idField, ...termFields }).refine(hasOneTerm, ONE_TERM);

/** What holds at the moment of asking. Only `active` lets requests through. */
export const subscriptionStateField = z.enum(['active', 'pending', 'expired', 'suspended', 'revoked']);

export const subscriptionOutputSchema = z.strictObject({
  id: z.string(),
  userId: z.string(),
  userEmail: z.string(),
  groupId: z.string(),
  groupName: z.string(),
  startsAt: z.string(),
  expiresAt: z.string(),
  state: subscriptionStateField,
  /** 24 hours, 7 days, 30 days; limits are the group's. */
  windows: z.strictObject({ day: windowSchema, week: windowSchema, month: windowSchema }),
  note: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** `created`: a new one; `renewed`: one that had expired begins anew, with fresh windows; `extended`: ends later. */
export const assignedSchema = z.strictObject({
  action: z.enum(['created', 'renewed', 'extended', 'skipped']),
  subscription: subscriptionOutputSchema,
});

export type Subscription = z.infer<typeof subscriptionOutputSchema>;
export type SubscriptionState = z.infer<typeof subscriptionStateField>;
export type Assigned = z.infer<typeof assignedSchema>;
