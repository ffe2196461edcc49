import { TollgateError, type AccountId } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { mapUpstreamFailures, type UpstreamFailure } from '../upstream-failures.ts';
import { pickAccount, type PickAccountServices, type PickedAccount } from './pick-account.ts';
import { runAttempt, type AttemptServices } from './run-attempt.ts';

export type ForwardServices = AttemptServices & PickAccountServices;

/** One try on one account: null = the client has its answer, or has left. */
export type AccountAttempt = (
  context: RequestContext,
  picked: PickedAccount,
  services: ForwardServices,
) => Promise<UpstreamFailure | null>;

/** SEL-5: at most this many changes of account in one request. */
const SWITCHES_MAX = 10;

/**
 * Tries accounts until one answers. Nothing reaches the client before an attempt's first content byte, so
 * each failed attempt leaves no trace in the answer. Exit: REQ-6's error of the failures.
 */
export async function forward(
  context: RequestContext,
  services: ForwardServices,
  options: { slots: boolean; attempt: AccountAttempt } = { slots: true, attempt: runAttempt },
): Promise<TollgateError | null> {
  const excluded = new Set<AccountId>();
  const failures: UpstreamFailure[] = [];
  while (failures.length <= SWITCHES_MAX && !context.clientHasLeft) {
    const picked = await pickAccount(context, services, { excluded, slots: options.slots });
    if (picked instanceof TollgateError) return failures.length > 0 ? mapUpstreamFailures(failures) : picked;
    const failure = await options.attempt(context, picked, services);
    if (failure === null) return null;
    failures.push(failure);
    excluded.add(picked.account.id);
  }
  return mapUpstreamFailures(failures);
}
