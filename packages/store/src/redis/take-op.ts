import type { AccountId, LeaseId } from '@tollgate/core';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import { at } from '../admit-result.ts';
import { cutModel } from '../check-account.ts';
import type { Sink } from '../direct-store.ts';
import type { SlotHolder, StoreUnavailableError, Ticket } from '../port.ts';
import { sortCandidates } from '../sort-candidates.ts';
import { ReportOp } from './account-ops.ts';
import type { Batcher } from './batch.ts';
import { HeldLease } from './held-lease.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { decodeTake, type TakeAnswer } from './take-result.ts';
import type { TicketKeeper } from './ticket-keeper.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';

/** What a candidate brings beside the usual: see run-turn.lua. */
const EXTRAS = { sessions: 1, windowCost: 2, model: 4 } as const;

/** Of the store: the same for all. */
export interface TakeContext {
  keys: Keys;
  keeper: LeaseKeeper;
  tickets: TicketKeeper;
  batcher: Pick<Batcher, 'add'>;
}

export class TakeOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly #context: TakeContext;
  readonly #request: TakeAccountRequest;
  readonly #candidates: readonly AccountCandidate[];
  readonly #leaseId: LeaseId;
  readonly #turn: number;
  readonly #sink: Sink<TakeAccountResult>;
  #isAbandoned = false;

  /** `turn` decides between equals: a whole number ≥ 0. */
  constructor(
    context: TakeContext,
    request: TakeAccountRequest,
    { leaseId, turn }: { leaseId: LeaseId; turn: number },
    sink: Sink<TakeAccountResult>,
  ) {
    this.#context = context;
    this.#request = request;
    this.#candidates = sortCandidates(request.candidates);
    this.#leaseId = leaseId;
    this.#turn = turn;
    this.#sink = sink;
  }

  get tag(): string {
    return this.#context.keys.accountTag;
  }

  /** Requests of one turn mostly ask for the same accounts: only the first names them. */
  write(call: TurnWriter): void {
    const { keys, args, before } = call;
    const isSame = before instanceof TakeOp && hasSameCandidates(before.#candidates, this.#candidates);
    args.push(isSame ? 's' : 't');
    this.#writeRequest(call);
    if (isSame) return;
    const own = this.#context.keys;
    keys.push(own.accountSequence, own.accountOrder, own.accountStates, own.accountVersion, own.stickies);
    args.push(this.#candidates.length);
    let model: string | null = null;
    for (const candidate of this.#candidates) {
      this.#writeCandidate(call, candidate, candidate.upstreamModel !== model);
      model = candidate.upstreamModel;
    }
  }

  settle(result: unknown): void {
    const answer = decodeTake(result, this.#request, this.#candidates, this.#leaseId);
    if (this.#isAbandoned) this.#giveBackAnswer(answer);
    else if (answer.taken) {
      this.#context.keeper.keep(answer.lease);
      this.#sink.resolve(answer);
    } else if (answer.reason === 'queued') {
      const ticket = this.#keepTicket(answer.accountId, answer.isSticky);
      this.#sink.resolve({ ...answer, ticket });
    } else this.#sink.resolve(answer);
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#sink.reject(fault);
  }

  /** Which account it was, if any, is not known: lease and ticket are taken back from all of them. */
  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    if (!this.#isAbandoned) this.#sink.reject(fault);
    if (wasSent) for (const { accountId } of this.#candidates) this.#giveBack(accountId);
  }

  #keepTicket(accountId: AccountId, isSticky: boolean): Ticket {
    const { keys, tickets } = this.#context;
    const { wait } = this.#request;
    const lease = this.#buildLease(accountId);
    const timeoutMs = (isSticky ? wait?.stickyTimeoutMs : wait?.timeoutMs) ?? 0;
    return tickets.keep(keys.queue(lease.holder), { leases: [lease], timeoutMs, accountId }, []);
  }

  /** The caller has left with an error: nobody else would give this slot or this place back. */
  #giveBackAnswer(answer: TakeAnswer): void {
    if (!('accountId' in answer)) return;
    this.#giveBack(answer.accountId);
    if (answer.taken && answer.isProbe) this.#freeProbe(answer.accountId);
  }

  #giveBack(accountId: AccountId): void {
    const { keeper, keys, tickets } = this.#context;
    const lease = this.#buildLease(accountId);
    if (this.#request.wait === null) keeper.release([lease]);
    else
      tickets.cancel({
        queue: keys.queue(lease.holder),
        ticket: { id: lease.id, leases: [lease] },
        counted: [],
        hold: null,
      });
  }

  #freeProbe(accountId: AccountId): void {
    const { batcher, keys } = this.#context;
    const asked = this.#candidates.find((candidate) => candidate.accountId === accountId);
    const upstreamModel = cutModel(asked?.upstreamModel ?? null);
    batcher.add(new ReportOp(keys, { accountId, upstreamModel, kind: 'undecided' }, this.#leaseId, 1));
  }

  #buildLease(accountId: AccountId): HeldLease<SlotHolder> {
    return new HeldLease(this.#leaseId, { kind: 'account', accountId });
  }

  #writeRequest(call: TurnWriter): void {
    const { sticky, session, wait, userId, weight } = this.#request;
    const { keys } = this.#context;
    const { args } = call;
    args.push(
      call.numberOf(keys.accountRegister),
      this.#leaseId,
      this.#turn,
      session ?? '',
      sticky?.ttlMs ?? 0,
    );
    if (sticky !== null) {
      call.keys.push(keys.sticky(sticky.name));
      args.push(sticky.name);
    }
    args.push(wait?.max ?? -1);
    if (wait !== null) args.push(wait.stickyMax, userId, weight);
  }

  #writeCandidate({ keys, args }: TurnWriter, candidate: AccountCandidate, hasOwnModel: boolean): void {
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
