import { randomBytes } from 'node:crypto';
import { schema, sealSecret } from '@tollgate/db';
import { isNull } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { buildProblem } from '../../problems/problem.ts';
import { passwordField } from '../../sign-in/password-field.ts';
import { requirePassword } from '../../sign-in/require-password.ts';
import { encodeBase32 } from '../../sign-in/totp/base32.ts';
import { buildTotpSealContext } from '../../sign-in/totp/second-factor.ts';
import { buildTotpUri, TOTP_SECRET_BYTES } from '../../sign-in/totp/totp-code.ts';

const { totp } = schema;

/** For the authenticator; shown here and never again. */
const outputSchema = z.strictObject({ secret: z.string(), uri: z.string() });

/** A secret for an authenticator. Signing in asks for no code before `confirm`; another `begin` puts this one out of use. */
export const beginTotp = userProcedure
  .input(z.strictObject({ password: passwordField }))
  .output(outputSchema)
  .mutation(async ({ ctx: { services, person, web }, input }) => {
    await requirePassword(services, web, person, input.password);
    const secret = randomBytes(TOTP_SECRET_BYTES);
    const context = buildTotpSealContext(person.id);
    const sealedSecret = sealSecret(secret.toString('base64'), services.secretKey, context);
    const stored = await services.db
      .insert(totp)
      .values({ userId: person.id, sealedSecret })
      .onConflictDoUpdate({
        target: totp.userId,
        set: { sealedSecret, usedStep: null },
        setWhere: isNull(totp.confirmedAt),
      })
      .returning({ userId: totp.userId });
    if (stored.length === 0)
      throw buildProblem('conflict', '', 'there is an authenticator: disable it first');
    return { secret: encodeBase32(secret), uri: buildTotpUri(secret, person.email) };
  });
