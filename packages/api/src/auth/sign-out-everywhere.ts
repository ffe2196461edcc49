import { z } from 'zod';
import { userProcedure } from '../base/procedures.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { writeAudit } from '../sign-in/write-audit.ts';
import { requireCookieRoom } from '../web/require-own-page.ts';
import { buildSessionCookie } from '../web/session-cookie.ts';

/** Ends all sessions of the person, this one too. */
export const signOutEverywhere = userProcedure
  .output(z.strictObject({ ended: z.int() }))
  .mutation(async ({ ctx: { services, web, person } }) => {
    const { isHttps, setHeader } = requireCookieRoom(web);
    const ended = await services.db.transaction(async (tx) => {
      const total = await endSessions(tx, person.id);
      const detail = { ended: total };
      await writeAudit(tx, { actor: person.id, action: 'sign-out.everywhere', target: person.id, detail });
      return total;
    });
    setHeader('set-cookie', buildSessionCookie('', 0, isHttps));
    return { ended };
  });
