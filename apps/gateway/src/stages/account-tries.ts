import { TollgateError, type AccountId, type GroupSnapshot, type Platform } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { mapUpstreamFailures, type UpstreamFailure } from '../upstream-failures.ts';
import { AccountTry } from './account-try.ts';
import { admitToGroup } from './admit.ts';
import type { ForwardOptions, ForwardServices } from './forward-options.ts';
import { isServedBy } from './is-served-by.ts';
import { pickAccount } from './pick-account.ts';

/** SEL-5: at most this many changes of account in one request. */
const SWITCHES_MAX: Readonly<Record<Platform, number>> = {
  anthropic: 10,
  openai: 10,
  gemini: 3,
  antigravity: 10,
};
const NOBODY: ReadonlySet<AccountId> = new Set();

/** What the first group's upstream said, for a client that the second group cannot answer either. */
interface Refusal {
  passOn: UpstreamFailure['passOn'];
  status: number | null;
  error: string | null;
}

/** The accounts that one request tries, one after the other, in its group and perhaps in a second one. */
export class AccountTries {
  readonly #context: RequestContext;
  readonly #services: ForwardServices;
  readonly #options: ForwardOptions;
  /** Most requests try one account, and need no set. */
  #tried: Set<AccountId> | null = null;
  /** In the present group. */
  #failures: UpstreamFailure[] = [];
  /** null = the request is in its first group. */
  #refusal: Refusal | null = null;

  constructor(context: RequestContext, services: ForwardServices, options: ForwardOptions) {
    this.#context = context;
    this.#services = services;
    this.#options = options;
  }

  /** null = the client has its answer, or has left. The one frame of the usual request from here to its end. */
  async run(): Promise<TollgateError | null> {
    const context = this.#context;
    const { slots } = this.#options;
    while (this.#failures.length <= SWITCHES_MAX[context.admitted.group.platform]) {
      if (this.#isOverdue()) return this.#end(new TollgateError('upstream_timeout'));
      const options = { excluded: this.#tried ?? NOBODY, slots };
      const picking = pickAccount(context, this.#services, options);
      const picked = picking instanceof Promise ? await picking : picking;
      if (picked instanceof TollgateError) return this.#end(this.#failures.length > 0 ? null : picked);
      const account = new AccountTry(context, picked, this.#services, this.#options);
      let failure: UpstreamFailure | null;
      try {
        // It may have left while the slot was taken: nothing is sent for nobody.
        if (context.clientHasLeft) return null;
        const trying = account.begin();
        failure = trying instanceof Promise ? await trying : trying;
        // The usual request ends here: what follows costs only those that failed.
        if (failure !== null) failure = await account.goOn(failure);
      } finally {
        account.end();
      }
      if (failure === null || context.clientHasLeft) return null;
      (this.#tried ??= new Set()).add(picked.account.id);
      if (failure.reason === 'refused-request') return this.#leaveGroup(failure);
      this.#failures.push(failure);
    }
    return this.#end(null);
  }

  /** REQ-7: nothing is begun that the request's own deadline would cut at once. */
  #isOverdue(): boolean {
    const { admitted, startedAtMonotonicMs } = this.#context;
    return this.#services.clock.monotonicMs() - startedAtMonotonicMs >= admitted.group.deadlines.totalMs;
  }

  /** Nobody has answered. `refusal` null: the failures say why (REQ-6). */
  #end(refusal: TollgateError | null): TollgateError | null {
    if (this.#refusal === null) return refusal ?? mapUpstreamFailures(this.#failures);
    return this.#passOn(this.#refusal);
  }

  /** Where the other group cannot answer, what the first upstream said is the more useful word. */
  #passOn({ passOn, status, error }: Refusal): null {
    if (this.#context.clientHasLeft) return null;
    passOn?.();
    this.#context.decision.status = status;
    this.#context.decision.error = error;
    return null;
  }

  /** The upstream refuses the request itself. Once: the second group's own fallback is not followed. */
  async #leaveGroup({ passOn }: UpstreamFailure): Promise<TollgateError | null> {
    if (this.#refusal !== null) return this.#end(null);
    const { status, error } = this.#context.decision;
    this.#refusal = { passOn, status, error };
    this.#failures = [];
    return (await enterFallbackGroup(this.#context, this.#services)) ? this.run() : this.#end(null);
  }
}

/** What goes wrong here is not the client's concern. */
async function enterFallbackGroup(context: RequestContext, services: ForwardServices): Promise<boolean> {
  try {
    const group = await findFallbackGroup(context, services);
    if (group === null) return false;
    context.group = { ...group, invalidRequestFallbackGroupId: null };
    return (await admitToGroup(context, services)) === null;
  } catch (fault) {
    services.logger.warn({ err: fault, requestId: context.request.id }, 'fallback group cannot be asked');
    return false;
  }
}

/** null = there is none that could serve this endpoint. */
async function findFallbackGroup(
  { admitted, endpoint }: RequestContext,
  { snapshots }: ForwardServices,
): Promise<GroupSnapshot | null> {
  const { invalidRequestFallbackGroupId: groupId } = admitted.group;
  const found = groupId === null ? null : await snapshots.groups.get(groupId);
  if (found === null || found.group.status !== 'active') return null;
  return isServedBy(endpoint, found.group) ? found.group : null;
}
