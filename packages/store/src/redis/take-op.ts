import type { LeaseId } from '@tollgate/core';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import { at } from '../admit-result.ts';
import { cutModel } from '../check-account.ts';
import type { Lease, StoreUnavailableError } from '../port.ts';
import { sortCandidates } from '../sort-candidates.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { decodeTake } from './take-result.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

/** What a candidate brings beside the usual: see run-turn.lua. */
const EXTRAS = { sessions: 1, windowCost: 2, model: 4 } as const;

export interface TakeContext {
  keys: Keys;
  keeper: LeaseKeeper;
  leaseId: LeaseId;
  /** Decides between equals: a whole number ≥ 0. */
  turn: number;
}

export class TakeOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly #context: TakeContext;
  readonly #request: TakeAccountRequest;
  readonly #candidates: readonly AccountCandidate[];
  readonly #resolve: (result: TakeAccountResult) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;
  #isAbandoned = false;

  constructor(
    context: TakeContext,
    request: TakeAccountRequest,
    resolve: (result: TakeAccountResult) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.#context = context;
    this.#request = request;
    this.#candidates = sortCandidates(request.candidates);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get tag(): string {
    return this.#context.keys.accountTag;
  }

  /** Requests of one turn mostly ask for the same accounts: only the first names them. */
  write(keys: string[], args: (string | number)[], before: TurnOp | null): void {
    const isSame = before instanceof TakeOp && hasSameCandidates(before.#candidates, this.#candidates);
    args.push(isSame ? 's' : 't');
    this.#writeRequest(keys, args);
    if (isSame) return;
    const own = this.#context.keys;
    keys.push(own.accountSequence, own.accountOrder, own.accountStates, own.accountVersion, own.stickies);
    args.push(this.#candidates.length);
    let model: string | null = null;
    for (const candidate of this.#candidates) {
      this.#writeCandidate(keys, args, candidate, candidate.upstreamModel !== model);
      model = candidate.upstreamModel;
    }
  }

  settle(result: unknown): void {
    const taken = decodeTake(result, this.#request, this.#candidates, this.#context.leaseId);
    if (!taken.taken) this.#resolve(taken);
    // The caller has left with an error: nobody else would give this slot back.
    else if (this.#isAbandoned) this.#context.keeper.release([taken.lease]);
    else {
      this.#context.keeper.keep([taken.lease]);
      this.#resolve(taken);
    }
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#reject(fault);
  }

  /** Which account it was, if any, is not known: the lease id is taken back from all of them. */
  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    this.#reject(fault);
    if (!wasSent) return;
    const id = this.#context.leaseId;
    const leases = this.#candidates.map(({ accountId }): Lease => ({
      id,
      holder: { kind: 'account', accountId },
    }));
    this.#context.keeper.release(leases);
  }

  #writeRequest(keys: string[], args: (string | number)[]): void {
    const { sticky, session } = this.#request;
    args.push(this.#context.leaseId, this.#context.turn, session ?? '', sticky?.ttlMs ?? 0);
    if (sticky === null) return;
    keys.push(this.#context.keys.sticky(sticky.name));
    args.push(sticky.name);
  }

  #writeCandidate(
    keys: string[],
    args: (string | number)[],
    candidate: AccountCandidate,
    hasOwnModel: boolean,
  ): void {
    const { accountId, max, priority, upstreamModel, sessionsMax, sessionIdleMs, windowCost } = candidate;
    const own = this.#context.keys;
    const extras =
      (hasOwnModel ? EXTRAS.model : 0) +
      (sessionsMax > 0 ? EXTRAS.sessions : 0) +
      (windowCost === null ? 0 : EXTRAS.windowCost);
    keys.push(own.accountSlots(accountId));
    args.push(max, priority, accountId, extras);
    if (hasOwnModel) args.push(cutModel(upstreamModel));
    if (sessionsMax > 0) {
      keys.push(own.sessions(accountId));
      args.push(sessionsMax, sessionIdleMs);
    }
    if (windowCost === null) return;
    keys.push(own.windowCost(accountId), own.windowCostSeed(accountId));
    const limit = BigInt(windowCost.limit);
    args.push(limit.toString(), (limit + BigInt(windowCost.reserve)).toString());
  }
}

function hasSameCandidates(some: readonly AccountCandidate[], others: readonly AccountCandidate[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  return some.every((candidate, index) => isSameCandidate(candidate, at(others, index)));
}

function isSameCandidate(one: AccountCandidate, other: AccountCandidate): boolean {
  return (
    one.accountId === other.accountId &&
    one.max === other.max &&
    one.priority === other.priority &&
    one.upstreamModel === other.upstreamModel &&
    one.sessionsMax === other.sessionsMax &&
    one.sessionIdleMs === other.sessionIdleMs &&
    one.windowCost?.limit === other.windowCost?.limit &&
    one.windowCost?.reserve === other.windowCost?.reserve
  );
}
