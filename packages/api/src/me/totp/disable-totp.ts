import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { passwordField } from '../../sign-in/password-field.ts';
import { requirePassword } from '../../sign-in/require-password.ts';
import { removeTotp } from '../../sign-in/totp/second-factor.ts';
import { writeAudit } from '../../sign-in/write-audit.ts';

/** Signing in asks for the password alone again; also gives up an authenticator that was not confirmed. */
export const disableTotp = userProcedure
  .input(z.strictObject({ password: passwordField }))
  .output(z.strictObject({ ok: z.literal(true) }))
  .mutation(async ({ ctx: { services, person, web }, input }) => {
    await requirePassword(services, web, person, input.password);
    await services.db.transaction(async (tx) => {
      await removeTotp(tx, person.id);
      const detail = { address: web.address };
      await writeAudit(tx, { actor: person.id, action: 'totp.disable', target: person.id, detail });
    });
    return { ok: true } as const;
  });
