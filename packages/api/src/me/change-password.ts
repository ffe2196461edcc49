import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { newPasswordField, passwordField } from '../sign-in/password-field.ts';
import { requirePassword } from '../sign-in/require-password.ts';
import { setPassword } from '../sign-in/set-password.ts';
import { writeAudit } from '../sign-in/write-audit.ts';

const inputSchema = z.strictObject({ currentPassword: passwordField, newPassword: newPasswordField });

/** Ends all other sessions of the person. */
export const changePassword = userProcedure
  .input(inputSchema)
  .output(z.strictObject({ ok: z.literal(true) }))
  .mutation(async ({ ctx: { services, person, web }, input }) => {
    const from = await requirePassword(services, web, person, input.currentPassword);
    const passwordHash = await services.signIn.passwords.hash(input.newPassword);
    await services.db.transaction(async (tx) => {
      await setPassword(tx, person.id, passwordHash, { keptSessionId: person.sessionId, from });
      const detail = { address: web.address };
      await writeAudit(tx, { actor: person.id, action: 'password.change', target: person.id, detail });
    });
    return { ok: true } as const;
  });
