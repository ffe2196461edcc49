import { z } from 'zod';
import { publicProcedure } from '../base/procedures.ts';
import { endSession, loadPerson } from '../sign-in/sessions.ts';
import { writeAudit } from '../sign-in/write-audit.ts';
import { requireCookieRoom, requireOwnPage } from '../web/require-own-page.ts';
import { buildSessionCookie, readSessionCookie } from '../web/session-cookie.ts';

/** Ends the session and takes the cookie away; also when the session has ended before. */
export const signOut = publicProcedure
  .output(z.strictObject({ ok: z.literal(true) }))
  .mutation(async ({ ctx: { services, web: request } }) => {
    const web = requireCookieRoom(request);
    const token = readSessionCookie(web);
    if (token !== null) requireOwnPage(web);
    const person = token === null ? null : await loadPerson(services.db, token, services.signIn);
    if (person) {
      await endSession(services.db, person.id, person.sessionId);
      const { id, sessionId } = person;
      await writeAudit(services.db, { actor: id, action: 'sign-out', target: sessionId, detail: {} });
    }
    web.setHeader('set-cookie', buildSessionCookie('', 0, web.isHttps));
    return { ok: true } as const;
  });
