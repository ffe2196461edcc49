import { schema } from '@tollgate/db';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { buildProblem } from '../../problems/problem.ts';
import { normaliseAlertFilter } from '../alert-filter-field.ts';
import { requireFilterTargets } from '../require-filter-targets.ts';
import { loadRule } from '../rules/load-rules.ts';
import { loadSilence } from './load-silences.ts';
import { silenceCreateSchema, silenceOutputSchema, type SilenceCreate } from './silence-schemas.ts';

const LENGTH_MS_MAX = 366 * 86_400_000;

/** What it covers goes on being evaluated and recorded; nobody is told. */
export const createSilence = adminProcedure
  .input(silenceCreateSchema)
  .output(silenceOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { ruleId = null, reason } = input;
      if (ruleId !== null) await loadRule(change.tx, change.now, { id: ruleId });
      const filter = input.filter ? normaliseAlertFilter(input.filter) : null;
      if (filter) await requireFilterTargets(change.tx, filter);
      const id = change.createId('alertSilence');
      const period = readPeriod(input, change.now);
      await change.tx
        .insert(schema.alertSilences)
        .values({ id, ruleId, filter, ...period, reason, createdBy: ctx.admin.id, createdAt: change.now });
      const silence = await loadSilence(change.tx, change.now, id);
      const { startsAt, endsAt } = silence;
      change.audit('alert-silence.create', id, { ruleId, filter, startsAt, endsAt, reason });
      return silence;
    }),
  );

function readPeriod(input: SilenceCreate, now: Date): { startsAt: Date; endsAt: Date } {
  const startsAt = input.startsAt === undefined ? now : new Date(input.startsAt);
  const endsAt = new Date(input.endsAt);
  if (endsAt <= now) throw buildProblem('invalid', 'endsAt', 'is over already');
  if (endsAt <= startsAt) throw buildProblem('invalid', 'endsAt', 'must be after its start');
  if (endsAt.getTime() - startsAt.getTime() > LENGTH_MS_MAX)
    throw buildProblem('invalid', 'endsAt', 'is more than a year after its start');
  return { startsAt, endsAt };
}
