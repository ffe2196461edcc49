import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadSilence } from './load-silences.ts';
import { silenceOutputSchema } from './silence-schemas.ts';

/** From now on, or before it has begun; one that is over stays as it is. What still fires is told then. */
export const endSilence = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(silenceOutputSchema)
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { tx, now } = change;
      const silence = await loadSilence(tx, now, id);
      if (silence.state === 'over') return silence;
      const endsAt = silence.state === 'active' ? now : new Date(silence.startsAt);
      await tx.update(schema.alertSilences).set({ endsAt }).where(eq(schema.alertSilences.id, id));
      change.audit('alert-silence.end', id, { ruleId: silence.ruleId });
      return loadSilence(tx, now, id);
    }),
  );
