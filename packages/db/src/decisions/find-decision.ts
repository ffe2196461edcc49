import { unpackDetail, type DecisionDetail } from '@tollgate/core';
import { eq, inArray } from 'drizzle-orm';
import type { Database } from '../open-database.ts';
import { accounts, groups, keys, requestDecisions as decisions, users } from '../schema/index.ts';
import { DECISION_COLUMNS, type DecisionRow } from './list-decisions.ts';

export interface DetailedDecision extends DecisionRow {
  detail: DecisionDetail;
  /** Of the accounts that the detail speaks of and that exist still. */
  accountNames: Record<string, string>;
}

/** OPS-9: null = there is no record, because it is too old or was dropped. */
export async function findDecision(db: Database, requestId: string): Promise<DetailedDecision | null> {
  const [row] = await db
    .select({ ...DECISION_COLUMNS, detail: decisions.detail })
    .from(decisions)
    .leftJoin(users, eq(users.id, decisions.userId))
    .leftJoin(keys, eq(keys.id, decisions.keyId))
    .leftJoin(groups, eq(groups.id, decisions.groupId))
    .where(eq(decisions.requestId, requestId))
    .limit(1);
  if (row === undefined) return null;
  const detail = unpackDetail(row.detail);
  const accountNames = await loadAccountNames(db, listAccountIds(detail));
  return { ...row, at: row.at.toISOString(), detail, accountNames };
}

function listAccountIds({ rounds }: DecisionDetail): string[] {
  const ids = rounds.flatMap(({ candidates, excluded, accountId }) => [
    ...candidates,
    ...excluded.map((each) => each.accountId),
    ...(accountId === null ? [] : [accountId]),
  ]);
  return [...new Set<string>(ids)];
}

async function loadAccountNames(db: Database, ids: string[]): Promise<Record<string, string>> {
  if (ids.length === 0) return {};
  const rows = await db
    .select({ id: accounts.id, name: accounts.name })
    .from(accounts)
    .where(inArray(accounts.id, ids));
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}
