import type { EligibleAccount } from '@tollgate/accounts';
import type { Clock, TollgateError } from '@tollgate/core';
import { StoreUnavailableError, type AccountExclusion, type AccountState, type Store } from '@tollgate/store';
import { mapExclusions } from './map-exclusions.ts';
import type { RequestContext } from '../request-context.ts';
import type { PickedAccount } from './picked-account.ts';

export interface SelectServices {
  store: Store;
  clock: Clock;
}

/**
 * For calls that take no concurrency (API-5): the best priority in turn, of those that no state keeps out (ACC-2).
 * Such a call is no probe either: what waits for one is left. Exit: 429, 503.
 */
export async function selectWithoutSlot(
  { decision }: Pick<RequestContext, 'decision'>,
  eligible: readonly EligibleAccount[],
  { store, clock }: SelectServices,
): Promise<PickedAccount | TollgateError> {
  const states = await listStates(eligible, store);
  const nowMs = clock.nowMs();
  const exclusions: AccountExclusion[] = [];
  const open = eligible.filter((each) => {
    const state = states.find((standing) => isAbout(standing, each));
    if (state) exclusions.push(buildExclusion(state, nowMs));
    return state === undefined;
  });
  decision.exclude(exclusions);
  if (open.length === 0) return mapExclusions(exclusions);
  const picked = selectInTurn(open);
  decision.choose(picked.account.id, 'turn');
  return picked;
}

let turn = 0;

/** The best priority, in turn; throws when there is none. */
export function selectInTurn(eligible: readonly EligibleAccount[]): PickedAccount {
  const best = Math.min(...eligible.map(({ account }) => account.priority));
  const equals = eligible.filter(({ account }) => account.priority === best);
  turn = (turn + 1) % equals.length;
  const picked = equals[turn];
  if (picked === undefined) throw new Error('no account to select from');
  return { ...picked, lease: null, isProbe: false, sessionId: null, registeredSession: null };
}

/** LIM-11: where the store is away, nothing is known of states; admission has said whether requests pass. */
async function listStates(eligible: readonly EligibleAccount[], store: Store): Promise<AccountState[]> {
  try {
    return await store.listAccountStates(eligible.map(({ account }) => account.id));
  } catch (fault) {
    if (fault instanceof StoreUnavailableError) return [];
    throw fault;
  }
}

function isAbout(state: AccountState, { account, upstreamModel }: EligibleAccount): boolean {
  if (state.accountId !== account.id) return false;
  return state.upstreamModel === null || state.upstreamModel === upstreamModel;
}

/** One that is due for its probe may be well again with the next message. */
function buildExclusion({ accountId, kind, untilMs }: AccountState, nowMs: number): AccountExclusion {
  return { accountId, reason: kind, retryAfterMs: untilMs > nowMs ? untilMs - nowMs : null };
}
