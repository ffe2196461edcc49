import {
  TollgateError,
  type AccountId,
  type AccountSnapshot,
  type Clock,
  type GroupSnapshot,
  type Logger,
  type UserId,
} from '@tollgate/core';
import { listEligibleAccounts, type EligibleAccount } from '@tollgate/accounts';
import type { PriceBook } from '@tollgate/pricing';
import type { Lease, Store } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';

export interface PickAccountServices {
  snapshots: Snapshots;
  store: Store;
  prices: PriceBook;
  clock: Clock;
  logger: Logger;
}

/** What to tell a client when all accounts are busy. */
const SLOT_RETRY_AFTER_MS = 1_000;

export interface PickedAccount {
  account: AccountSnapshot;
  /** What the upstream is asked for, after the account's model mapping. */
  upstreamModel: string;
  /** null for calls that take no concurrency. */
  lease: Lease | null;
}

/**
 * Eligible accounts of the group by priority, then least recently used; choosing and taking the slot is one
 * store call (SEL-2). Exit: 503 no account, 400 for a model that is not offered or has no price.
 */
export async function pickAccount(
  context: RequestContext,
  services: PickAccountServices,
  options: { excluded: ReadonlySet<AccountId>; slots: boolean },
): Promise<PickedAccount | TollgateError> {
  const { group } = context.admitted;
  const model = context.parsed.scan.model;
  const pool = await services.snapshots.pools.get(group.id);
  const { eligible, exclusions } = listEligibleAccounts(
    pool ?? { schemaVersion: 1, groupId: group.id, accounts: [] },
    {
      model,
      platform: group.platform,
      nowMs: services.clock.nowMs(),
      excluded: options.excluded,
    },
  );
  const priced = options.slots ? selectPriced(eligible, group, services) : eligible;
  if (priced.length === 0 && eligible.length > 0)
    return new TollgateError('unpriced_model', {
      message: `The model ${quote(model)} has no price and is refused by policy.`,
    });
  if (priced.length === 0) {
    services.logger.debug({ requestId: context.request.id, exclusions }, 'no eligible account');
    return refuse(model, exclusions);
  }
  return options.slots
    ? takeSlot(services.store, priced, context.admitted.key.user.id)
    : selectWithoutSlot(priced);
}

/** MON-2: an unknown price is never 0. */
function selectPriced(
  eligible: EligibleAccount[],
  group: GroupSnapshot,
  { prices, clock }: PickAccountServices,
): EligibleAccount[] {
  if (group.unpricedModels === 'allow') return eligible;
  const nowMs = clock.nowMs();
  // Most pools ask all their accounts for one name: one look-up.
  let model: string | null = null;
  let isPriced = false;
  return eligible.filter(({ upstreamModel }) => {
    if (upstreamModel !== model) {
      model = upstreamModel;
      isPriced = prices.findPrice(model, nowMs) !== null;
    }
    return isPriced;
  });
}

function refuse(model: string, exclusions: readonly { reason: string }[]): TollgateError {
  const isModelRefused =
    exclusions.length > 0 && exclusions.every(({ reason }) => reason === 'model-not-allowed');
  if (!isModelRefused) return new TollgateError('no_account');
  return new TollgateError('unknown_model', {
    message: `The model ${quote(model)} is not offered.`,
    param: 'model',
  });
}

async function takeSlot(
  store: Store,
  eligible: EligibleAccount[],
  userId: UserId,
): Promise<PickedAccount | TollgateError> {
  const candidates = eligible.map(({ account, upstreamModel }) => ({
    accountId: account.id,
    max: account.concurrency,
    priority: account.priority,
    upstreamModel,
    sessionsMax: 0,
    sessionIdleMs: 0,
    windowCost: null,
  }));
  const result = await store.takeAccount({
    candidates,
    userId,
    weight: 1,
    sticky: null,
    session: null,
    wait: null,
  });
  if (!result.taken) return new TollgateError('no_account', { retryAfterMs: SLOT_RETRY_AFTER_MS });
  const picked = eligible.find(({ account }) => account.id === result.accountId);
  if (picked !== undefined) return { ...picked, lease: result.lease };
  store.release([result.lease]);
  throw new Error('the store took an account that was not offered');
}

let turn = 0;

/** For calls that cost nothing: the best priority, in turn. */
function selectWithoutSlot(eligible: EligibleAccount[]): PickedAccount {
  const best = Math.min(...eligible.map(({ account }) => account.priority));
  const equals = eligible.filter(({ account }) => account.priority === best);
  turn = (turn + 1) % equals.length;
  const picked = equals[turn];
  if (picked === undefined) throw new Error('no account to select from');
  return { ...picked, lease: null };
}

function quote(model: string): string {
  return JSON.stringify(model.slice(0, 100));
}
