import { TRPCError } from '@trpc/server';
import { createId, type Invalidation, type UserId } from '@tollgate/core';
import { schema, type Transaction } from '@tollgate/db';
import { sql } from 'drizzle-orm';
import type { IdKind } from '@tollgate/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServices } from '../base/context.ts';
import { enqueueInvalidations } from '@tollgate/db';
import { describeFault } from '../problems/map-fault.ts';
import { ProblemError, type Problem } from '../problems/problem.ts';
import { takeTurn } from './change-turns.ts';

/** One change of configuration: what it writes, who asked, and what nodes must forget. */
export interface Change {
  readonly tx: Transaction;
  readonly services: ApiServices;
  /** One moment for the whole change. */
  readonly now: Date;
  createId<Kind extends IdKind>(kind: Kind): string;
  /** `detail`: what was asked for, without secrets. */
  audit(action: string, target: string, detail: Record<string, unknown>): void;
  invalidate(...invalidations: Invalidation[]): void;
  /** For what must hold when all of the change is written, not before: its problems refuse the whole change. */
  checkAtEnd(check: () => Promise<readonly Problem[]>): void;
}

export interface Actor {
  services: ApiServices;
  /** Id of the admin token, or `system`. */
  actor: string;
}

/** Any 64-bit number, the same in every version: one change of configuration runs at a time. */
const CHANGE_LOCK = 7_016_996_765_293_437n;
const LOCK_TIMEOUT_MS = 10_000;
/** A control plane that froze in the midst of a change loses its turn: else nobody could revoke a key. */
const IDLE_MS_MAX = 60_000;
/** A dead store must not hold the admin's answer: the outbox still has the rows. */
const PUSH_WAIT_MS = 1_000;

/**
 * Runs `work` in one transaction together with its audit rows and its outbox rows, then pushes the
 * invalidations. Changes of configuration run one after the other over the whole fleet, so that what `work`
 * checked still holds when it writes. Throws what `work` throws, with nothing written; UNAUTHORIZED when the
 * caller is nobody any more once it is this change's turn.
 */
export async function runChange<Result>(
  { services, actor }: Actor,
  work: (change: Change) => Promise<Result>,
): Promise<Result> {
  const { result, invalidations, rowIds } = await takeTurn(services.db, () =>
    services.db.transaction(async (tx) => {
      await tx.execute(sql`
        select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true),
          set_config('idle_in_transaction_session_timeout', ${String(IDLE_MS_MAX)}, true)`);
      await tx.execute(sql.raw(`select pg_advisory_xact_lock(${CHANGE_LOCK})`));
      await services.requireCaller?.(tx);
      const collected = await collectChange(tx, services, actor, work);
      if (services.isGivenUp?.()) throw buildGivenUp();
      return collected;
    }),
  );
  if (rowIds.length > 0) {
    const number = await pushInvalidations(services, rowIds);
    services.noteChange?.(number);
  }
  await clearQuotaFlags(services, invalidations);
  return result;
}

/** The caller has heard that there is no answer, and may try again: twice would be worse than not at all. */
function buildGivenUp(): TRPCError {
  return new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'the caller was told that nothing came of it',
  });
}

async function collectChange<Result>(
  tx: Transaction,
  services: ApiServices,
  actor: string,
  work: (change: Change) => Promise<Result>,
): Promise<{ result: Result; invalidations: Invalidation[]; rowIds: number[] }> {
  const now = new Date(services.clock.nowMs());
  const auditRows: (typeof schema.audit.$inferInsert)[] = [];
  const invalidations = new Map<string, Invalidation>();
  const endChecks: EndCheck[] = [];
  const result = await work({
    tx,
    services,
    now,
    createId: (kind) => createId(kind, now.getTime()),
    audit: (action, target, detail) => auditRows.push({ at: now, actor, action, target, detail }),
    invalidate(...items) {
      for (const item of items) invalidations.set(JSON.stringify(item), item);
    },
    checkAtEnd: (check) => void endChecks.push(check),
  });
  await runEndChecks(endChecks);
  if (auditRows.length > 0) await tx.insert(schema.audit).values(auditRows);
  const rowIds = await enqueueInvalidations(tx, [...invalidations.values()]);
  return { result, invalidations: [...invalidations.values()], rowIds };
}

type EndCheck = Parameters<Change['checkAtEnd']>[0];

async function runEndChecks(checks: readonly EndCheck[]): Promise<void> {
  for (const check of checks) {
    const problems = await check();
    if (problems.length > 0) throw new ProblemError('conflict', problems);
  }
}

/** The number by which the nodes are told; null = they are not yet. */
async function pushInvalidations(services: ApiServices, rowIds: readonly number[]): Promise<number | null> {
  const timer = new AbortController();
  const late = sleep(PUSH_WAIT_MS, null, { ref: false, signal: timer.signal }).catch(() => null);
  try {
    const number = await Promise.race([services.afterCommit(rowIds), late]);
    if (number === null) services.logger.warn({}, 'invalidations are late: the outbox will push them');
    return number;
  } catch (fault) {
    services.logger.warn(describeFault(fault), 'invalidations were not pushed: the outbox will');
    return null;
  } finally {
    timer.abort();
  }
}

/**
 * LIM-10: after the snapshots, so that nobody sets the flag anew from an old one. A store that is away keeps the
 * flag until the user's next period, or until it hears of the invalidation.
 */
async function clearQuotaFlags(
  { live, logger }: ApiServices,
  invalidations: readonly Invalidation[],
): Promise<void> {
  const userIds = invalidations.flatMap((one) => (one.scope === 'token-quota' ? [one.userId as UserId] : []));
  const outcomes = await Promise.allSettled(userIds.map((userId) => live?.clearTokenQuota(userId)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) logger.warn(describeFault(failed.reason), 'a token quota flag was not cleared');
}
