import { type AccountId, silentLogger, systemClock } from '@tollgate/core';
import type { Clock, Invalidation, Logger, PicoUsd, UserId } from '@tollgate/core';
import { AccountCalls } from '../account-calls.ts';
import type { DirectStore } from '../direct-store.ts';
import type { InvalidationListener } from '../listener.ts';
import type { Hold, LostHold, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import type { NodeAbout, NodeList } from '../node-port.ts';
import { StoreUnavailableError } from '../port.ts';
import type {
  AdmitRequest,
  AdmitResult,
  DegradedLimits,
  Lease,
  Reservation,
  SlotHolder,
  SlotLoad,
} from '../port.ts';
import type { SnapshotRead, Store, WindowName, WindowUse } from '../port.ts';
import { Asked, type Answers } from './asked.ts';
import { divideAdmitRequest, type Share } from './divide-request.ts';
import { LocalMarks } from './local-marks.ts';
import { ResilientAccounts } from './resilient-accounts.ts';
import { ResilientMoney } from './resilient-money.ts';
import { FIGURE_GRACE_MS } from './seen-figures.ts';
import { StoreCircuit, type CircuitTimings } from './store-circuit.ts';

export interface ResilientStoreOptions {
  /** The store of all nodes. Closed with this one. */
  primary: DirectStore;
  /** Of this process alone. Closed with this one. */
  local: Store;
  policy: DegradedLimits;
  /** How old a figure of money may be that decides while the primary is away. Default 60,000. */
  graceMs?: number;
  clock?: Clock;
  logger?: Logger;
  /** For tests. */
  timings?: Partial<CircuitTimings>;
}

/**
 * LIM-11: the primary while it answers. While it does not, windows, slots and accounts are this node's share of
 * each limit in the local store (or what the policy says); money is decided by the figures that this node saw
 * within the grace, and refused without; all else rejects at once with StoreUnavailableError. What was taken from
 * one store goes back to that one.
 */
export function createResilientStore(options: ResilientStoreOptions): Store {
  return new ResilientStore(options);
}

class ResilientStore extends AccountCalls implements Store {
  readonly #primary: DirectStore;
  readonly #local: Store;
  readonly #policy: DegradedLimits;
  readonly #circuit: StoreCircuit;
  readonly #marks = new LocalMarks();
  readonly #money: ResilientMoney;
  readonly #admitAnswers: Answers<AdmitRequest, AdmitResult> = {
    learn: (request, result) => this.#money.learn(request, result),
    instead: (request, fault) => this.#fallBack(fault, (share) => this.#admitLocally(request, share)),
  };
  protected readonly accounts: ResilientAccounts;
  #closing: Promise<void> | null = null;

  constructor(options: ResilientStoreOptions) {
    super();
    const { primary, local, policy, clock = systemClock, logger = silentLogger, timings = {} } = options;
    const { graceMs = FIGURE_GRACE_MS } = options;
    this.#primary = primary;
    this.#local = local;
    this.#policy = policy;
    this.#circuit = new StoreCircuit({ ping: () => primary.ping(), logger, timings });
    this.#money = new ResilientMoney({
      primary,
      circuit: this.#circuit,
      clock,
      graceMs,
      ask: (call, instead) => this.#ask(call, instead),
    });
    this.accounts = new ResilientAccounts({
      primary,
      local,
      clock,
      graceMs,
      circuit: this.#circuit,
      marks: this.#marks,
      ask: (call, instead) => this.#ask(call, instead),
      fallBack: (fault, instead) => this.#fallBack(fault, instead),
    });
  }

  get degraded(): DegradedLimits | null {
    return this.#circuit.isOpen ? this.#policy : null;
  }

  get nodeCount(): number {
    return this.#primary.nodeCount;
  }

  /** Asked once a request, as `takeAccount`: one promise on the way. */
  admit(request: AdmitRequest): Promise<AdmitResult> {
    const answers = this.#admitAnswers;
    if (this.#circuit.isOpen) return answers.instead(request, new StoreUnavailableError('the store is away'));
    return new Promise((resolve) => this.#primary.admitTo(request, new Asked(request, answers, resolve)));
  }

  release(leases: readonly Lease[]): void {
    const local = this.#marks.listLocal(leases);
    if (local.length > 0) this.#local.release(local);
    if (local.length < leases.length) this.#primary.release(this.#marks.listOthers(leases));
  }

  countSlots(holder: SlotHolder): Promise<number> {
    return this.#circuit.ask(() => this.#primary.countSlots(holder));
  }

  readLoad(holders: readonly SlotHolder[]): Promise<SlotLoad[]> {
    return this.#circuit.ask(() => this.#primary.readLoad(holders));
  }

  correctReservation(reservations: readonly Reservation[], trueCost: number): void {
    const local = this.#marks.listLocal(reservations);
    if (local.length > 0) this.#local.correctReservation(local, trueCost);
    if (local.length < reservations.length)
      this.#primary.correctReservation(this.#marks.listOthers(reservations), trueCost);
  }

  readWindows(windows: readonly WindowName[]): Promise<WindowUse[]> {
    return this.#circuit.ask(() => this.#primary.readWindows(windows));
  }

  blockTokenQuota(userId: UserId, forMs: number): Promise<void> {
    return this.#circuit.ask(() => this.#primary.blockTokenQuota(userId, forMs));
  }

  clearTokenQuota(userId: UserId): Promise<void> {
    return this.#circuit.ask(() => this.#primary.clearTokenQuota(userId));
  }

  seedPurses(userId: UserId, seeds: readonly PurseSeed[], ttlMs: number, seedToken: string): Promise<void> {
    return this.#money.seedPurses(userId, seeds, ttlMs, seedToken);
  }

  settleHold(hold: Hold, cost: PicoUsd): void {
    this.#money.settleHold(hold, cost);
  }

  readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]> {
    return this.#money.readPurses(purses);
  }

  listLostHolds(limit: number): Promise<LostHold[]> {
    return this.#money.listLostHolds(limit);
  }

  forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void> {
    return this.#money.forgetLostHolds(ids);
  }

  getSnapshot(name: string): Promise<SnapshotRead> {
    return this.#circuit.ask(() => this.#primary.getSnapshot(name));
  }

  putSnapshot(name: string, value: string, ttlMs: number, generation: string): Promise<void> {
    return this.#circuit.ask(() => this.#primary.putSnapshot(name, value, ttlMs, generation));
  }

  publish(invalidations: readonly Invalidation[]): Promise<number> {
    return this.#circuit.ask(() => this.#primary.publish(invalidations));
  }

  /** Waits for the primary: it alone knows what other nodes say. */
  subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    return this.#primary.subscribe((invalidation) => {
      if (invalidation.scope === 'balance') this.#money.drop(invalidation.userId as UserId);
      if (invalidation.scope === 'all') this.#money.clear();
      return onInvalidation(invalidation);
    });
  }

  requestTokenRefresh(accountId: AccountId): Promise<void> {
    return this.#circuit.ask(() => this.#primary.requestTokenRefresh(accountId));
  }

  onTokenRefreshRequest(onRequest: (accountId: AccountId) => void): Promise<() => Promise<void>> {
    return this.#primary.onTokenRefreshRequest(onRequest);
  }

  announce(describe: () => NodeAbout): void {
    this.#primary.announce(describe);
  }

  listNodes(): Promise<NodeList> {
    return this.#circuit.ask(() => this.#primary.listNodes());
  }

  ping(): Promise<void> {
    return this.#circuit.ask(() => this.#primary.ping());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  protected get isClosed(): boolean {
    return this.#closing !== null;
  }

  async #close(): Promise<void> {
    this.#circuit.close();
    this.#money.close();
    this.accounts.close();
    await Promise.all([this.#primary.close(), this.#local.close()]);
  }

  /** `instead`, where the primary is away and the policy allows it. */
  async #ask<T>(call: () => Promise<T>, instead: (share: Share) => Promise<T>): Promise<T> {
    try {
      return await this.#circuit.ask(call);
    } catch (fault) {
      return this.#fallBack(fault, instead);
    }
  }

  async #fallBack<T>(fault: unknown, instead: (share: Share) => Promise<T>): Promise<T> {
    this.#circuit.note(fault);
    if (!(fault instanceof StoreUnavailableError) || this.isClosed || this.#policy === 'closed') throw fault;
    return instead({ policy: this.#policy, nodeCount: this.#primary.nodeCount });
  }

  async #admitLocally(request: AdmitRequest, share: Share): Promise<AdmitResult> {
    this.#checkKnowledge(request);
    const result = await this.#local.admit(divideAdmitRequest(request, share));
    if (result.admitted) {
      this.#marks.add([...result.leases, ...result.reservations]);
      return { ...result, hold: this.#money.holdLocally(request, result.leases) };
    }
    if (result.reason === 'queued') {
      this.#marks.add(result.reservations);
      return { ...result, ticket: this.#money.waitLocally(request, this.#marks.wrap(result.ticket)) };
    }
    if (result.reason === 'window' && result.retryAfterMs === null && isWithinLimits(request)) {
      throw new StoreUnavailableError('the request is larger than the share of this node');
    }
    return result;
  }

  /** Fails closed. Who asks for the token quota alone hears that nobody knows, and asks the database. */
  #checkKnowledge(request: AdmitRequest): void {
    this.#money.checkLocally(request);
    const { money, checksTokenQuota, windows, slots } = request;
    if (money === null && checksTokenQuota && windows.length === 0 && slots.length === 0) {
      throw new StoreUnavailableError('the block flag of the token quota is not known');
    }
  }
}

/** The whole limit would let it pass: it is not the request's fault. */
function isWithinLimits({ windows }: AdmitRequest): boolean {
  return windows.every(({ cost, limit }) => cost <= limit);
}
