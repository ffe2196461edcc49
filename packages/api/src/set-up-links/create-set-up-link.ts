import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { FULL_SCOPE } from '../base/token-scopes.ts';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadUser } from '../users/load-user.ts';
import { buildSetUpUrl, insertSetUpLink } from './set-up-link.ts';

const HOUR_MS = 3_600_000;
const HOURS_MAX = 168;

const inputSchema = z.strictObject({
  /** Whose password it sets; absent = it makes a new admin. */
  userId: idField.optional(),
  /** For who has lost the authenticator and the recovery codes. */
  resetsTotp: z.boolean().default(false),
  hours: z.int().min(1).max(HOURS_MAX).default(24),
});

const outputSchema = z.strictObject({
  id: z.string(),
  /** Shown here and never again. */
  token: z.string(),
  /** The page that asks for the password; null = nobody has said where persons reach the control plane. */
  url: z.string().nullable(),
  expiresAt: z.string(),
});

/** A link is as good as what its person may do: a token needs the scope `*` for it. */
export const createSetUpLink = adminProcedure
  .input(inputSchema.prefault({}))
  .output(outputSchema)
  .mutation(({ ctx: { services, admin, web }, input: { userId, resetsTotp, hours } }) => {
    if (!admin.scopes.includes(FULL_SCOPE)) {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'The token has not the scope *.' });
    }
    return runChange({ services, actor: admin.id }, async (change) => {
      if (userId !== undefined) await loadUser(change.tx, { id: userId });
      const link = await insertSetUpLink(change.tx, {
        userId: userId ?? null,
        resetsTotp,
        createdBy: admin.id,
        lifeMs: hours * HOUR_MS,
        nowMs: change.now.getTime(),
      });
      change.audit('set-up-link.create', link.id, { userId: userId ?? null, resetsTotp, hours });
      const base = services.signIn.publicUrl ?? web?.ownOrigin ?? null;
      const url = base === null ? null : buildSetUpUrl(base, link.token);
      return { id: link.id, token: link.token, url, expiresAt: link.expiresAt.toISOString() };
    });
  });
