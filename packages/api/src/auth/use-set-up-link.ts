import { z } from 'zod';
import type { ApiServices } from '../base/context.ts';
import { publicProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { emailField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { findSetUpLink, takeSetUpLink, type SetUpLink } from '../set-up-links/set-up-link.ts';
import { guardTries } from '../sign-in/guard-tries.ts';
import { newPasswordField } from '../sign-in/password-field.ts';
import { setPassword } from '../sign-in/set-password.ts';
import { buildAccountSubject, forgetTries } from '../sign-in/sign-in-tries.ts';
import { removeTotp } from '../sign-in/totp/second-factor.ts';
import { loadUser } from '../users/load-user.ts';
import { insertUser } from '../users/write-user.ts';
import { requireCookieRoom } from '../web/require-own-page.ts';
import { personSchema } from './person-schema.ts';

const inputSchema = z.strictObject({
  token: z.string().min(1).max(100),
  /** Of the admin that the link makes; not for a link that was made for somebody. */
  email: emailField.optional(),
  password: newPasswordField,
});

type Choice = z.infer<typeof inputSchema>;

/** Chooses the password that a link is for; a link is good once. Nobody is signed in by it: that is `auth.signIn`. */
export const useSetUpLink = publicProcedure
  .input(inputSchema)
  .output(z.strictObject({ person: personSchema }))
  .mutation(async ({ ctx: { services, web: request }, input }) => {
    const guarded = await guardTries(services.db, requireCookieRoom(request), null);
    const link = await findSetUpLink(services.db, input.token);
    if (!link) throw buildProblem('not-found', 'token', 'the link is unknown, was used or has expired');
    await guarded.succeed();
    requireMatch(link, input);
    const passwordHash = await services.signIn.passwords.hash(input.password);
    const person = await runLink(services, link, input, passwordHash);
    await forgetTries(services.db, buildAccountSubject(person.email));
    return { person };
  });

function requireMatch({ userId }: SetUpLink, { email }: Choice): void {
  if (userId === null && email === undefined) {
    throw buildProblem('invalid', 'email', 'required: the link makes a new admin');
  }
  if (userId !== null && email !== undefined) {
    throw buildProblem('invalid', 'email', 'the link is for somebody already');
  }
}

/** What it writes goes one after the other over the fleet, so of two at once the second finds the link used. */
function runLink(services: ApiServices, link: SetUpLink, { email }: Choice, passwordHash: string) {
  return runChange({ services, actor: link.id }, async (change) => {
    await takeSetUpLink(change.tx, link);
    const user = await selectUser(change, link, email ?? '');
    await setPassword(change.tx, user.id, passwordHash);
    if (link.resetsTotp) await removeTotp(change.tx, user.id);
    change.audit('set-up-link.use', link.id, { userId: user.id, resetsTotp: link.resetsTotp });
    return { id: user.id, email: user.email, role: user.role };
  });
}

function selectUser(change: Change, { userId }: SetUpLink, email: string) {
  return userId === null ? insertUser(change, { email, role: 'admin' }) : loadUser(change.tx, { id: userId });
}
