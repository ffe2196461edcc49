import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import type { LiveSubject } from '../live/live-store.ts';
import { requireLiveStore } from '../live/require-live-store.ts';
import { loadApplicableLimits, type ApplicableLimit } from './load-applicable-limits.ts';
import { loadUser } from './load-user.ts';
import { userRefSchema, type User } from './user-schemas.ts';

const limitSchema = z.strictObject({
  /** Whose limit: `group` counts this user in the group. */
  subject: z.enum(['user', 'group', 'key']),
  /** Of the user, group or key. */
  id: z.string(),
  /** E-mail address, or name of the group or key. */
  name: z.string(),
  unit: z.enum(['requests', 'tokens']),
  /** A minute. */
  limit: z.int(),
  /** True for the user's own figure in place of the group's. */
  isOverride: z.boolean(),
  used: z.number(),
  /** Until the window is fresh again. */
  resetMs: z.number(),
});

/** LIM-3: present use of a user against each limit that holds; a limit of 0 is none and not shown. */
export const showRpmStatus = adminProcedure
  .input(userRefSchema)
  .output(z.strictObject({ userId: z.string(), email: z.string(), limits: z.array(limitSchema) }))
  .query(async ({ ctx, input }) => {
    const live = requireLiveStore(ctx.services);
    const user = await loadUser(ctx.services.db, input);
    const applicable = await loadApplicableLimits(ctx.services.db, user);
    const { windowShape: shape } = ctx.services;
    const states = await live.readWindows(
      applicable.map(({ subject, unit, limit }) => ({ subject, unit, limit, shape })),
    );
    const limits = applicable.map((one, index) => describeLimit(user, one, states[index]));
    return { userId: user.id, email: user.email, limits };
  });

function describeLimit(
  user: User,
  { subject, name, unit, limit, isOverride }: ApplicableLimit,
  state: { used: number; resetMs: number } | undefined,
): z.infer<typeof limitSchema> {
  return {
    ...describeSubject(user, subject),
    name: name ?? user.email,
    unit,
    limit,
    isOverride,
    used: state?.used ?? 0,
    resetMs: state?.resetMs ?? 0,
  };
}

function describeSubject(
  user: User,
  subject: LiveSubject,
): Pick<z.infer<typeof limitSchema>, 'subject' | 'id'> {
  switch (subject.kind) {
    case 'user':
      return { subject: 'user', id: user.id };
    case 'user-group':
      return { subject: 'group', id: subject.groupId };
    case 'key':
      return { subject: 'key', id: subject.keyId };
  }
}
