import { TollgateError, type AccountId } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import type { OpenedAccount } from '../snapshots/opened-accounts.ts';
import { mapUpstreamFailures, type UpstreamFailure } from '../upstream-failures.ts';
import { pickAccount, type PickAccountServices, type PickedAccount } from './pick-account.ts';
import { runAttempt, type AttemptServices } from './run-attempt.ts';
import type { ReadyAccount } from './send-attempt.ts';

export type ForwardServices = AttemptServices & PickAccountServices;

/** One try on one account: null = the client has its answer, or has left. */
export type AccountAttempt = (
  context: RequestContext,
  ready: ReadyAccount,
  services: ForwardServices,
) => Promise<UpstreamFailure | null>;

/** SEL-5: at most this many changes of account in one request. */
const SWITCHES_MAX = 10;
/** An account that cannot prove itself fails as one whose key the upstream refuses. */
const NOT_OPENED: UpstreamFailure = { reason: 'auth', retryAfterMs: null };

/**
 * Tries accounts until one answers. Nothing reaches the client before an attempt's first content byte, so
 * each failed attempt leaves no trace in the answer. Exit: REQ-6's error of the failures.
 */
export async function forward(
  context: RequestContext,
  services: ForwardServices,
  options: { slots: boolean; attempt: AccountAttempt } = { slots: true, attempt: runAttempt },
): Promise<TollgateError | null> {
  const failures: UpstreamFailure[] = [];
  const excluded = new Set<AccountId>();
  while (failures.length <= SWITCHES_MAX) {
    if (isOverdue(context, services)) return new TollgateError('upstream_timeout');
    const picked = await pickAccount(context, services, { excluded, slots: options.slots });
    if (picked instanceof TollgateError) return failures.length > 0 ? mapUpstreamFailures(failures) : picked;
    const failure = await tryAccount(context, picked, services, options.attempt);
    if (failure === null || context.clientHasLeft) return null;
    failures.push(failure);
    excluded.add(picked.account.id);
  }
  return mapUpstreamFailures(failures);
}

/** REQ-7: nothing is begun that the request's own deadline would cut at once. */
function isOverdue({ admitted, startedAtMonotonicMs }: RequestContext, { clock }: ForwardServices): boolean {
  return clock.monotonicMs() - startedAtMonotonicMs >= admitted.group.deadlines.totalMs;
}

/** Whatever happens, the account's slot comes back. */
async function tryAccount(
  context: RequestContext,
  picked: PickedAccount,
  services: ForwardServices,
  attempt: AccountAttempt,
): Promise<UpstreamFailure | null> {
  try {
    // It may have left while the slot was taken: nothing is sent for nobody.
    if (context.clientHasLeft) return null;
    const opened = openAccount(context, picked, services);
    return opened === null ? NOT_OPENED : await attempt(context, { ...picked, opened }, services);
  } finally {
    if (picked.lease) services.store.release([picked.lease]);
  }
}

/** null = the account cannot be used as it is stored; the others still can. */
function openAccount(
  context: RequestContext,
  { account }: PickedAccount,
  { accounts, logger }: ForwardServices,
): OpenedAccount | null {
  try {
    return accounts.open(account);
  } catch (fault) {
    const detail = { err: fault, requestId: context.request.id, accountId: account.id };
    logger.error(detail, 'account cannot be opened');
    return null;
  }
}
