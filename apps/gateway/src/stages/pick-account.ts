import { TollgateError, type AccountId, type GroupSnapshot, type PoolSnapshot } from '@tollgate/core';
import {
  isInModelScopes,
  listEligibleAccounts,
  selectRoutedAccounts,
  type EligibleAccount,
} from '@tollgate/accounts';
import type { PriceBook } from '@tollgate/pricing';
import { deriveOnce } from '../derive-once.ts';
import type { RequestContext } from '../request-context.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import type { PickedAccount } from './picked-account.ts';
import { readEligibility, type SharedEligibility } from './read-eligibility.ts';
import { selectWithoutSlot } from './select-without-slot.ts';
import { takeAccount, type TakeAccountServices } from './take-account.ts';

export interface PickAccountServices extends TakeAccountServices {
  snapshots: Snapshots;
  prices: PriceBook;
}

interface PickOptions {
  excluded: ReadonlySet<AccountId>;
  slots: boolean;
}

type Eligible = readonly EligibleAccount[] | TollgateError;

const NONE: readonly { accountId: AccountId; reason: string }[] = [];

/**
 * Eligible accounts of the group, then SEL-1's order; choosing and taking the slot is one store call (SEL-2).
 * Exit: 503 no account, 429 when all are rate limited, 400 for a model that is not offered or has no price.
 */
export function pickAccount(
  context: RequestContext,
  services: PickAccountServices,
  options: PickOptions,
): TollgateError | Promise<PickedAccount | TollgateError> {
  const listing = listEligible(context, services, options);
  return listing instanceof Promise
    ? listing.then((eligible) => pickFrom(context, eligible, services, options))
    : pickFrom(context, listing, services, options);
}

function pickFrom(
  context: RequestContext,
  eligible: Eligible,
  services: PickAccountServices,
  { slots }: PickOptions,
): TollgateError | Promise<PickedAccount | TollgateError> {
  if (eligible instanceof TollgateError) return eligible;
  return slots ? takeAccount(context, eligible, services) : selectWithoutSlot(context, eligible, services);
}

/**
 * What may serve the request, by all that needs no store (ACC-2, SEL-1, MON-2); never empty. Without a promise where
 * the pool is known.
 */
export function listEligible(
  context: RequestContext,
  services: PickAccountServices,
  options: PickOptions,
): Eligible | Promise<Eligible> {
  const { group } = context.admitted;
  const model = context.askedModel;
  if (!isInModelScopes(group.modelScopes, model)) return refuseModel(context.parsed.scan.model);
  const { pools } = services.snapshots;
  const known = pools.peek(group.id);
  if (known !== undefined) return selectEligible(context, known, model, services, options);
  return pools.get(group.id).then((pool) => selectEligible(context, pool, model, services, options));
}

function selectEligible(
  context: RequestContext,
  pool: PoolSnapshot | null,
  model: string,
  services: PickAccountServices,
  { excluded, slots }: PickOptions,
): Eligible {
  const { group } = context.admitted;
  const { eligible, exclusions, isRouted } = readPool(pool, group, model, excluded, services.clock.nowMs());
  const priced = slots ? selectPriced(eligible, group, services) : eligible;
  context.decision.isRouted = isRouted;
  const unpriced = listUnpriced(eligible, priced);
  const excludedHere = unpriced.length === 0 ? exclusions : [...exclusions, ...unpriced];
  context.decision.beginRound(group.id, priced, excludedHere);
  if (priced.length > 0) return priced;
  if (eligible.length > 0)
    return new TollgateError('unpriced_model', {
      message: `The model ${quote(model)} has no price and is refused by policy.`,
    });
  services.logger.debug({ requestId: context.request.id, exclusions }, 'no eligible account');
  return refuse(context.parsed.scan.model, exclusions);
}

/** The first try asks as all others do; the next ones leave out who was tried. */
function readPool(
  pool: PoolSnapshot | null,
  group: GroupSnapshot,
  model: string,
  excluded: ReadonlySet<AccountId>,
  nowMs: number,
): SharedEligibility {
  if (pool !== null && excluded.size === 0) return readEligibility(pool, group, model, nowMs);
  const routedTo = selectRoutedAccounts(group.modelRouting, model);
  const lists = listEligibleAccounts(pool ?? { schemaVersion: 1, groupId: group.id, accounts: [] }, {
    model,
    platform: group.platform,
    nowMs,
    excluded,
    routedTo,
  });
  return { ...lists, isRouted: routedTo !== null };
}

function listUnpriced(eligible: readonly EligibleAccount[], priced: readonly EligibleAccount[]) {
  if (priced.length === eligible.length) return NONE;
  return eligible
    .filter((each) => !priced.includes(each))
    .map(({ account }) => ({ accountId: account.id, reason: 'unpriced' }));
}

/** MON-2: an unknown price is never 0. The list itself where all have one, as they mostly have. */
function selectPriced(
  eligible: readonly EligibleAccount[],
  group: GroupSnapshot,
  { prices, clock }: PickAccountServices,
): readonly EligibleAccount[] {
  if (group.unpricedModels === 'allow') return eligible;
  const nowMs = clock.nowMs();
  for (const model of listUpstreamModels(eligible))
    if (prices.findPrice(model, nowMs) === null)
      return eligible.filter(({ upstreamModel }) => prices.findPrice(upstreamModel, nowMs) !== null);
  return eligible;
}

/** Each name once: most pools ask all their accounts for one. Not frozen, so that walking it makes no objects. */
const listUpstreamModels = deriveOnce((eligible: readonly EligibleAccount[]): readonly string[] => [
  ...new Set(eligible.map(({ upstreamModel }) => upstreamModel)),
]);

function refuse(model: string, exclusions: readonly { reason: string }[]): TollgateError {
  const isModelRefused =
    exclusions.length > 0 && exclusions.every(({ reason }) => reason === 'model-not-allowed');
  return isModelRefused ? refuseModel(model) : new TollgateError('no_account');
}

function refuseModel(model: string): TollgateError {
  return new TollgateError('unknown_model', {
    message: `The model ${quote(model)} is not offered.`,
    param: 'model',
  });
}

function quote(model: string): string {
  return JSON.stringify(model.slice(0, 100));
}
