import { schema } from '@tollgate/db';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { buildProblem } from '../../problems/problem.ts';
import { guardTries } from '../../sign-in/guard-tries.ts';
import { takeTotpCode } from '../../sign-in/totp/second-factor.ts';
import { writeAudit } from '../../sign-in/write-audit.ts';
import { storeRecoveryCodes } from './store-recovery-codes.ts';

const { totp } = schema;

const inputSchema = z.strictObject({ code: z.string().regex(/^\d{6}$/, 'expected six digits') });

/** Shown here and never again. */
const outputSchema = z.strictObject({ recoveryCodes: z.array(z.string()) });

/** The authenticator works: from now on signing in asks for its codes. */
export const confirmTotp = userProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(async ({ ctx: { services, person, web }, input }) => {
    const guarded = await guardTries(services.db, web, person.email);
    if (!(await takeTotpCode(services, person.id, input.code))) {
      throw buildProblem('invalid', 'code', 'is not the present one');
    }
    await guarded.succeed();
    const recoveryCodes = await services.db.transaction(async (tx) => {
      const confirmed = await tx
        .update(totp)
        .set({ confirmedAt: sql`now()` })
        .where(and(eq(totp.userId, person.id), isNull(totp.confirmedAt)))
        .returning({ userId: totp.userId });
      if (confirmed.length === 0)
        throw buildProblem('conflict', '', 'the authenticator is confirmed already');
      const detail = { address: web.address };
      await writeAudit(tx, { actor: person.id, action: 'totp.enable', target: person.id, detail });
      return storeRecoveryCodes(tx, person.id);
    });
    return { recoveryCodes };
  });
