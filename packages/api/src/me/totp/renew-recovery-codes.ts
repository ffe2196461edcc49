import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { buildProblem } from '../../problems/problem.ts';
import { passwordField } from '../../sign-in/password-field.ts';
import { requirePassword } from '../../sign-in/require-password.ts';
import { hasTotp } from '../../sign-in/totp/second-factor.ts';
import { writeAudit } from '../../sign-in/write-audit.ts';
import { storeRecoveryCodes } from './store-recovery-codes.ts';

/** Those from before are gone. */
export const renewRecoveryCodes = userProcedure
  .input(z.strictObject({ password: passwordField }))
  .output(z.strictObject({ recoveryCodes: z.array(z.string()) }))
  .mutation(async ({ ctx: { services, person, web }, input }) => {
    await requirePassword(services, web, person, input.password);
    const recoveryCodes = await services.db.transaction(async (tx) => {
      if (!(await hasTotp(tx, person.id))) throw buildProblem('conflict', '', 'there is no authenticator');
      const detail = { address: web.address };
      await writeAudit(tx, { actor: person.id, action: 'totp.renew-codes', target: person.id, detail });
      return storeRecoveryCodes(tx, person.id);
    });
    return { recoveryCodes };
  });
