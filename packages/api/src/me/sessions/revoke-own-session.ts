import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { idField } from '../../fields/text-fields.ts';
import { buildProblem } from '../../problems/problem.ts';
import { endSession } from '../../sign-in/sessions.ts';
import { writeAudit } from '../../sign-in/write-audit.ts';

/** Ends one of one's own sessions; somebody else's is as unknown as one that never was. */
export const revokeOwnSession = userProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(async ({ ctx: { services, person }, input: { id } }) => {
    await services.db.transaction(async (tx) => {
      if (!(await endSession(tx, person.id, id)))
        throw buildProblem('not-found', '', `no such session: ${id}`);
      await writeAudit(tx, { actor: person.id, action: 'session.revoke', target: id, detail: {} });
    });
    return { id };
  });
