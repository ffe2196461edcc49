import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, desc, eq, gt, lt, lte, or, type SQL } from 'drizzle-orm';
import { buildProblem } from '../../problems/problem.ts';
import type { Silence, SilenceState } from './silence-schemas.ts';

const { alertRules, alertSilences } = schema;

/** Newest first. */
export async function loadSilences(
  db: Database | Transaction,
  now: Date,
  where: SQL | undefined,
  limit: number,
): Promise<Silence[]> {
  const rows = await db
    .select({ silence: alertSilences, ruleName: alertRules.name })
    .from(alertSilences)
    .leftJoin(alertRules, eq(alertRules.id, alertSilences.ruleId))
    .where(where)
    .orderBy(desc(alertSilences.id))
    .limit(limit);
  return rows.map(({ silence, ruleName }) => mapSilence(silence, ruleName, now));
}

/** Throws a not-found problem. */
export async function loadSilence(db: Database | Transaction, now: Date, id: string): Promise<Silence> {
  const [found] = await loadSilences(db, now, eq(alertSilences.id, id), 1);
  if (!found) throw buildProblem('not-found', '', `no such silence: ${id}`);
  return found;
}

function mapSilence(
  { startsAt, endsAt, createdAt, ...row }: typeof alertSilences.$inferSelect,
  ruleName: string | null,
  now: Date,
): Silence {
  return {
    ...row,
    ruleName,
    state: selectSilenceState(startsAt, endsAt, now),
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    createdAt: createdAt.toISOString(),
  };
}

/** One that was ended before it began is over. */
function selectSilenceState(startsAt: Date, endsAt: Date, now: Date): SilenceState {
  if (now >= endsAt || startsAt.getTime() === endsAt.getTime()) return 'over';
  return now < startsAt ? 'planned' : 'active';
}

/** The same in SQL. */
export function buildSilenceStateFilter(state: SilenceState, now: Date): SQL | undefined {
  const { startsAt, endsAt } = alertSilences;
  if (state === 'active') return and(lte(startsAt, now), gt(endsAt, now));
  if (state === 'planned') return and(gt(startsAt, now), lt(startsAt, endsAt));
  return or(lte(endsAt, now), eq(startsAt, endsAt));
}
