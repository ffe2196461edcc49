import { schema, type Transaction } from '@tollgate/db';
import { asc, sql } from 'drizzle-orm';

const { alertRules } = schema;

/** Ids of all rules in their order. */
export async function listRuleOrder(tx: Transaction): Promise<string[]> {
  const rows = await tx
    .select({ id: alertRules.id })
    .from(alertRules)
    .orderBy(asc(alertRules.position), asc(alertRules.id));
  return rows.map(({ id }) => id);
}

/** Gives the rules the positions 1, 2, 3 … in the order of `ids`; writes only those that move. */
export async function writeRuleOrder(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update alert_rules set position = wanted.position
    from unnest(${sql.param([...ids])}::text[]) with ordinality as wanted(id, position)
    where alert_rules.id = wanted.id and alert_rules.position <> wanted.position`);
}

/** The same ids with `id` at `position`, from 1; beyond the end = last. */
export function moveRuleId(ids: readonly string[], id: string, position: number): string[] {
  const others = ids.filter((one) => one !== id);
  return others.toSpliced(position - 1, 0, id);
}
