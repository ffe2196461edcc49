import { TRPCError } from '@trpc/server';
import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { ApiServices } from '../base/context.ts';
import { publicProcedure } from '../base/procedures.ts';
import { emailField } from '../fields/text-fields.ts';
import { beginSession } from '../sign-in/begin-session.ts';
import { checkCredentials, type Credentials, type KnownUser } from '../sign-in/check-credentials.ts';
import { guardTries, type GuardedTry } from '../sign-in/guard-tries.ts';
import { passwordField } from '../sign-in/password-field.ts';
import { ANONYMOUS, writeAudit } from '../sign-in/write-audit.ts';
import { requireCookieRoom } from '../web/require-own-page.ts';
import { buildSessionCookie } from '../web/session-cookie.ts';
import type { WebRequest } from '../web/web-request.ts';
import { personSchema } from './person-schema.ts';

const inputSchema = z.strictObject({
  email: emailField,
  password: passwordField,
  /** Six digits of the authenticator, or a recovery code; only for who has one. */
  code: z.string().min(1).max(64).optional(),
});

const outputSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('signed-in'), person: personSchema }),
  /** The password is right; send all again with the code. */
  z.strictObject({ state: z.literal('code-needed') }),
]);

/** CTL-2: one text and one amount of work for everything that may be wrong. Sets the session cookie. */
export const signIn = publicProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(async ({ ctx: { services, web: request }, input }) => {
    const web = requireCookieRoom(request);
    const guarded = await guardTries(services.db, web, input.email);
    const outcome = await checkOrUndo(services, input, guarded);
    if (outcome.state === 'code-needed') {
      await guarded.undo();
      return { state: 'code-needed' } as const;
    }
    const token = outcome.state === 'right' ? await beginSession(services, outcome.user, web) : null;
    if (outcome.state === 'wrong' || token === null) {
      const userId = outcome.state === 'wrong' ? outcome.userId : outcome.user.id;
      return refuse(services, web, userId, guarded.blockMs);
    }
    await guarded.succeed();
    if (outcome.isOutdated) await hashAnew(services, outcome.user, input.password);
    web.setHeader('set-cookie', buildSessionCookie(token, services.signIn.lifeMs, web.isHttps));
    const { id, email, role } = outcome.user;
    return { state: 'signed-in', person: { id, email, role } } as const;
  });

/** A guess that could not be looked at is none. */
async function checkOrUndo(services: ApiServices, credentials: Credentials, guarded: GuardedTry) {
  try {
    return await checkCredentials(services, credentials);
  } catch (fault) {
    await guarded.undo();
    throw fault;
  }
}

async function refuse(
  services: ApiServices,
  web: WebRequest,
  userId: string | null,
  blockMs: number,
): Promise<never> {
  const action = blockMs > 0 ? 'sign-in.lock-out' : 'sign-in.failure';
  const detail = { address: web.address, ...(blockMs > 0 && { blockMs }) };
  await writeAudit(services.db, { actor: ANONYMOUS, action, target: userId ?? 'unknown', detail });
  const message = 'The e-mail address, the password or the code is wrong.';
  throw new TRPCError({ code: 'UNAUTHORIZED', message });
}

/** The moment at which the password is at hand: hashes of an older cost go one by one. */
async function hashAnew({ db, signIn: { passwords } }: ApiServices, user: KnownUser, password: string) {
  const { users } = schema;
  const passwordHash = await passwords.hash(password);
  await db
    .update(users)
    .set({ passwordHash })
    .where(and(eq(users.id, user.id), eq(users.passwordHash, user.passwordHash)));
}
