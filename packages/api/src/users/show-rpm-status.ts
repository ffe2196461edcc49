import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { requireLiveStore } from '../live/live-store.ts';
import { loadApplicableLimits } from './load-applicable-limits.ts';
import { loadUser } from './load-user.ts';
import { userRefSchema } from './user-schemas.ts';

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
    const limits = applicable.map(({ subject, name, unit, limit, isOverride }, index) => {
      const { used = 0, resetMs = 0 } = states[index] ?? {};
      const shown = { unit, limit, isOverride, used, resetMs };
      if (subject.kind === 'key')
        return { subject: 'key' as const, id: subject.keyId, name: name ?? '', ...shown };
      if (subject.kind === 'user')
        return { subject: 'user' as const, id: user.id, name: user.email, ...shown };
      return { subject: 'group' as const, id: subject.groupId, name: name ?? '', ...shown };
    });
    return { userId: user.id, email: user.email, limits };
  });
