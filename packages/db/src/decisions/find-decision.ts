import {
  listTracedPools,
  unpackDetail,
  unpackTrace,
  type DecisionDetail,
  type StoredDetail,
} from '@tollgate/core';
import { eq, inArray } from 'drizzle-orm';
import type { Database } from '../open-database.ts';
import {
  accounts,
  decisionPools,
  groups,
  keys,
  requestDecisions as decisions,
  users,
} from '../schema/index.ts';
import { DECISION_COLUMNS, type DecisionRow } from './list-decisions.ts';

export interface DetailedDecision extends DecisionRow {
  detail: DecisionDetail;
  /** Of the accounts that the detail speaks of and that exist still. */
  accountNames: Record<string, string>;
}

/** OPS-9: null = there is no record, because it is too old or was dropped. */
export async function findDecision(db: Database, requestId: string): Promise<DetailedDecision | null> {
  const [row] = await db
    .select({ ...DECISION_COLUMNS, ...DETAIL_COLUMNS })
    .from(decisions)
    .leftJoin(users, eq(users.id, decisions.userId))
    .leftJoin(keys, eq(keys.id, decisions.keyId))
    .leftJoin(groups, eq(groups.id, decisions.groupId))
    .where(eq(decisions.requestId, requestId))
    .limit(1);
  if (row === undefined) return null;
  const { detail: stored, firstContentAfterMs, trace, ...columns } = row;
  const detail = await readDetail(db, { stored, firstContentAfterMs, trace });
  if (detail === null) return null;
  const accountNames = await loadAccountNames(db, listAccountIds(detail));
  return { ...columns, at: columns.at.toISOString(), detail, accountNames };
}

const DETAIL_COLUMNS = {
  detail: decisions.detail,
  firstContentAfterMs: decisions.firstContentAfterMs,
  trace: decisions.trace,
};

interface DetailRow {
  stored: StoredDetail | null;
  firstContentAfterMs: number | null;
  trace: string | null;
}

/** null = what it names is too old. */
async function readDetail(
  db: Database,
  { stored, firstContentAfterMs, trace }: DetailRow,
): Promise<DecisionDetail | null> {
  if (trace !== null)
    return unpackTrace(trace, firstContentAfterMs, await loadPools(db, listTracedPools(trace)));
  return stored && unpackDetail(stored);
}

/** Those of any day: the same id is the same text. */
async function loadPools(db: Database, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectDistinct({ id: decisionPools.id, pool: decisionPools.pool })
    .from(decisionPools)
    .where(inArray(decisionPools.id, ids));
  return new Map(rows.map(({ id, pool }) => [id, pool]));
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
