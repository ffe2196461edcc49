import { TRPCError } from '@trpc/server';
import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import type { WebRequest } from '../web/web-request.ts';
import { guardTries } from './guard-tries.ts';
import type { Person } from './sessions.ts';
import { writeAudit } from './write-audit.ts';

/**
 * Somebody who is signed in shows that they know the password; counted together with sign-ins, so that a stolen
 * session is no way to guess it. Gives the hash that it was checked against. Throws FORBIDDEN, TOO_MANY_REQUESTS.
 */
export async function requirePassword(
  { db, signIn }: ApiServices,
  web: WebRequest,
  person: Person,
  password: string,
): Promise<string> {
  const guarded = await guardTries(db, web, person.email);
  const { passwordHash } = schema.users;
  const stored = await db
    .select({ passwordHash })
    .from(schema.users)
    .where(eq(schema.users.id, person.id))
    .then(async ([row]) => {
      const hash = row?.passwordHash ?? null;
      return (await signIn.passwords.check(password, hash)).isRight ? hash : null;
    })
    .catch(async (fault: unknown) => {
      await guarded.undo();
      throw fault;
    });
  if (stored !== null) {
    await guarded.succeed();
    return stored;
  }
  const detail = { address: web.address, blockMs: guarded.blockMs };
  await writeAudit(db, { actor: person.id, action: 'password.failure', target: person.id, detail });
  throw new TRPCError({ code: 'FORBIDDEN', message: 'The password is wrong.' });
}
