import { schema, type Database, type Transaction } from '@tollgate/db';

/** Who is known to nobody. */
export const ANONYMOUS = 'anonymous';

/** A row about signing in: these are no changes of configuration, so they queue behind none. Never with a secret. */
export async function writeAudit(
  db: Database | Transaction,
  row: { actor: string; action: string; target: string; detail: Record<string, unknown> },
): Promise<void> {
  await db.insert(schema.audit).values(row);
}
