import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, inArray, ne, type SQL } from 'drizzle-orm';
import { assignSubscriptions } from '../subscriptions/assign-subscriptions.ts';
import { loadSubscriptions } from '../subscriptions/load-subscriptions.ts';
import type { FoundSubscription } from '../subscriptions/map-subscription.ts';
import { selectEnd } from '../subscriptions/select-term.ts';
import {
  renewSubscription,
  rewriteSubscription,
  setSubscriptionStatus,
} from '../subscriptions/write-subscription.ts';
import { selectChanges } from '../change/select-changes.ts';
import { ProblemError, type Problem } from '../problems/problem.ts';
import type { ConfigSubscription } from './config-resource-schemas.ts';
import { getReference } from './get-reference.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildDeleteStep,
  buildUpdateStep,
  type PlanStep,
  type SectionPlan,
} from './plan.ts';
import { sortByName } from './sort-by-name.ts';

/** Those that count, i.e. were not revoked. */
export function loadCountingSubscriptions(
  db: Database | Transaction,
  where?: SQL,
): Promise<FoundSubscription[]> {
  return loadSubscriptions(db, and(ne(schema.subscriptions.status, 'revoked'), where));
}

export async function loadSubscriptionsOf(
  db: Database | Transaction,
  userIds: readonly string[],
): Promise<FoundSubscription[]> {
  if (userIds.length === 0) return [];
  return loadCountingSubscriptions(db, inArray(schema.subscriptions.userId, [...userIds]));
}

/**
 * `existing`: those of the users of the file. `typeOf`: what a group is once the file is applied. `now` is when the
 * plan is made: what has expired by then begins anew with a later end.
 */
export function planSubscriptions(
  entries: readonly Placed<ConfigSubscription>[],
  existing: readonly FoundSubscription[],
  { typeOf, now }: { typeOf(group: string): string | undefined; now: Date },
): SectionPlan {
  const byName = new Map(existing.map((one) => [`${one.userEmail}/${one.groupName}`, one]));
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const current = byName.get(`${entry.user}/${entry.group}`);
    const place = (field: string, message: string): Problem => ({
      path: `subscriptions[${index}].${field}`,
      message,
    });
    if ((typeOf(entry.group) ?? 'subscription') !== 'subscription') {
      plan.problems.push(place('group', `group ${entry.group} is paid from the balance`));
    }
    if (!current && entry.expires_at === undefined) {
      plan.problems.push(place('expires_at', 'required for a new subscription'));
    }
    const period = findPeriodProblem(entry, current, now);
    if (period !== null) plan.problems.push(place('expires_at', period));
    plan.steps.push(current ? planUpdate(entry, current, now) : planCreate(entry));
  }
  return plan;
}

/** What is wrong with start and end as the file would leave them. */
function findPeriodProblem(
  entry: ConfigSubscription,
  current: FoundSubscription | undefined,
  now: Date,
): string | null {
  const { startsAt, expiresAt } = selectPeriod(entry, current, now);
  if (expiresAt === undefined) return null;
  try {
    selectEnd({ expiresAt: expiresAt.toISOString() }, startsAt);
    return null;
  } catch (fault) {
    if (fault instanceof ProblemError) return fault.problems[0]?.message ?? fault.message;
    throw fault;
  }
}

/** One that has expired and gets a later end begins anew: now, unless the file says when. */
function selectPeriod(entry: ConfigSubscription, current: FoundSubscription | undefined, now: Date) {
  const expiresAt = entry.expires_at === undefined ? current?.row.expiresAt : new Date(entry.expires_at);
  const isRenewal =
    current !== undefined &&
    expiresAt !== undefined &&
    current.row.expiresAt.getTime() <= now.getTime() &&
    expiresAt.getTime() > now.getTime();
  const present = isRenewal ? undefined : current?.row.startsAt;
  const startsAt = entry.starts_at === undefined ? (present ?? now) : new Date(entry.starts_at);
  return { startsAt, expiresAt, isRenewal };
}

function planCreate(entry: ConfigSubscription): PlanStep {
  const { user, group, starts_at: startsAt, expires_at: expiresAt, note, status } = entry;
  return buildCreateStep('subscription', `${user}/${group}`, async (change, references) => {
    const term = { expiresAt, startsAt, note: note ?? undefined, ifExists: 'conflict' } as const;
    const userId = getReference(references.users, user);
    const groupId = getReference(references.groups, group);
    await assignSubscriptions(change, { userIds: [userId], groupId, ...term });
    if (status !== 'suspended') return;
    const found = await loadSubscriptionsOf(change.tx, [userId]);
    const made = found.find(({ row }) => row.groupId === groupId);
    if (made) await setSubscriptionStatus(change, made.row, 'suspended');
  });
}

function planUpdate(entry: ConfigSubscription, current: FoundSubscription, now: Date): PlanStep {
  const { row, userEmail, groupName } = current;
  const { startsAt, expiresAt, isRenewal } = selectPeriod(entry, current, now);
  const { status, note } = entry;
  const before = { startsAt: row.startsAt, expiresAt: row.expiresAt, status: row.status, note: row.note };
  const changes = selectChanges(before, { startsAt, expiresAt, status, note });
  const name = `${userEmail}/${groupName}`;
  return buildUpdateStep('subscription', name, showTimes(before), showTimes(changes), async (change) => {
    if (isRenewal && expiresAt) {
      await renewSubscription(change, row, { startsAt, expiresAt, note: note ?? undefined });
    }
    // Beginning anew makes it active: what the file does not say stays as it is.
    const kept = isRenewal ? { status: status ?? row.status } : {};
    await rewriteSubscription(change, row, { ...changes, ...kept });
  });
}

/** As files have them. */
function showTimes(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
}

/** A subscription is never deleted: it is revoked, and stays for the record. */
export async function planRevocations(
  tx: Transaction,
  entries: readonly Placed<ConfigSubscription>[],
): Promise<PlanStep[]> {
  const named = new Set(entries.map(({ entry }) => `${entry.user}/${entry.group}`));
  const found = (await loadCountingSubscriptions(tx)).map((one) => ({
    row: one.row,
    name: `${one.userEmail}/${one.groupName}`,
  }));
  return sortByName(found, ({ name }) => name)
    .filter(({ name }) => !named.has(name))
    .map(({ row, name }) =>
      buildDeleteStep('subscription', name, (change) => setSubscriptionStatus(change, row, 'revoked')),
    );
}
