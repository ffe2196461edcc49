import { ZERO_USD, parseUsd } from '@tollgate/core';
import { bookMovement } from '../balances/book-movement.ts';
import type { Change } from '../change/run-change.ts';
import type { User, UserPatch } from '../users/user-schemas.ts';
import { insertUser, selectUserChanges, updateUser } from '../users/write-user.ts';
import type { ConfigUser } from './config-schema.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import type { Placed } from './placed-config.ts';
import { buildCreateStep, buildUpdateStep, type SectionPlan } from './plan.ts';

/** `existing`: users by e-mail. `openings`: user id → the opening balance that was booked, USD. */
export function planUsers(
  entries: readonly Placed<ConfigUser>[],
  existing: ReadonlyMap<string, User>,
  openings: ReadonlyMap<string, string>,
): SectionPlan {
  const steps = entries.map(({ entry }) => {
    const { email, balance = '0' } = entry;
    const settings = mapSettings(entry);
    const current = existing.get(email);
    if (!current) {
      return buildCreateStep('user', email, async (change, references) => {
        const user = await insertUser(change, { email, ...settings });
        references.users.set(email, user.id);
        await bookOpeningBalance(change, user.id, balance);
      });
    }
    const isSameOpening = parseUsd(balance) === parseUsd(openings.get(current.id) ?? '0');
    const ignored = entry.balance === undefined || isSameOpening ? [] : ['balance'];
    const changes = selectUserChanges(current, settings);
    const apply = async (change: Change) => {
      await updateUser(change, current, settings);
    };
    return buildUpdateStep('user', email, current, changes, apply, ignored);
  });
  return { steps, problems: [] };
}

/** The opening row's id follows from the user's, so that later plans find the figure again. */
export function buildOpeningLedgerId(userId: string): string {
  return userId.replace(/^usr_/, 'led_');
}

async function bookOpeningBalance(change: Change, userId: string, amount: string): Promise<void> {
  if (parseUsd(amount) === ZERO_USD) return;
  const ledgerId = buildOpeningLedgerId(userId);
  await bookMovement(change, { ledgerId, userId, kind: 'top-up', amount, note: 'opening balance' });
  change.audit('balance.adjust', userId, { kind: 'top-up', amount, note: 'opening balance', ledgerId });
}

function mapSettings(entry: ConfigUser): UserPatch {
  return dropAbsent({
    concurrency: entry.concurrency,
    rpm: entry.rpm,
    tpm: entry.tpm,
    weight: entry.weight,
    queueMax: entry.queue_max,
    tokenLimit: entry.token_limit,
    lowBalanceThreshold: entry.low_balance_threshold,
    lowBalancePercent: entry.low_balance_percent,
    noticeEmails: entry.notice_emails,
    status: entry.status,
    role: entry.role,
  });
}
