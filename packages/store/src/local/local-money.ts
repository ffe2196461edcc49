import type { Clock, LeaseId, Logger, PicoUsd, UserId } from '@tollgate/core';
import { holderName } from '../admit-result.ts';
import { buildHold } from '../build-hold.ts';
import { checkAmount, checkPurse } from '../check-money.ts';
import { checkTtl } from '../check-request.ts';
import type { Hold, LostHold, MoneyStore, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import type { PendingTicket } from '../pending-ticket.ts';
import type { AdmitRequest, AdmitResult } from '../port.ts';
import { purseField } from '../purse-fields.ts';
import { markSettled } from '../running-hold.ts';
import type { Timings } from '../timings.ts';
import { PurseTable, type MoneyCheck } from './purse-table.ts';
import type { SlotTable } from './slot-table.ts';
import type { WaitingMoney } from './wait-queue.ts';
import type { WaitQueues } from './wait-queues.ts';

export interface LocalMoneyContext {
  slots: SlotTable;
  queues: WaitQueues;
  clock: Clock;
  timings: Timings;
  logger: Logger;
}

const NONE: ReadonlySet<string> = new Set();

/** The part of the in-process store that is about money. */
export class LocalMoney implements MoneyStore {
  readonly #context: LocalMoneyContext;
  readonly #purses: PurseTable;

  constructor(context: LocalMoneyContext) {
    this.#context = context;
    this.#purses = new PurseTable({
      isLive: ({ id, userId, keptBy }, nowMs) =>
        context.slots.isLive(keptBy === 'slot' ? userSlots(userId) : ownLeases(userId), id, nowMs),
      seedTokenTtlMs: context.timings.seedTokenTtlMs,
      logger: context.logger,
    });
  }

  /** What keeps a request out whatever is held; null = nothing. */
  refuse(request: AdmitRequest): AdmitResult | null {
    const check = this.check(request, NONE);
    if (check?.kind === 'refused') return { admitted: false, reason: 'money', ...check.refusal };
    if (check?.kind !== 'unknown') return null;
    const seedToken = this.#purses.readToken(request.userId, check.purses, this.#nowMs());
    return { admitted: false, reason: 'purses-unknown', purses: check.purses, seedToken };
  }

  /** `closed`: purses that those who wait ahead are short of. null = money is not asked for. */
  check({ money, userId }: AdmitRequest, closed: ReadonlySet<string>): MoneyCheck | null {
    return money && this.#purses.check(money, userId, this.#nowMs(), closed);
  }

  /** The hold of a request that is admitted with these leases. */
  hold(request: AdmitRequest, leases: readonly { readonly id: LeaseId }[]): Hold | null {
    const hold = buildHold(request, leases, this.#nowMs());
    if (hold) this.#take(hold, request);
    return hold;
  }

  /** A ticket's side of its money. */
  wait(request: AdmitRequest, hold: Hold, ticket: PendingTicket): WaitingMoney {
    return {
      look: (closed) => this.#look(request, ticket, closed),
      take: () => this.#take(hold, request),
    };
  }

  /** A grant that is not used; nothing where there is none. */
  giveBack(hold: Hold): void {
    this.#purses.giveBack(hold, this.#nowMs());
  }

  async seedPurses(
    userId: UserId,
    seeds: readonly PurseSeed[],
    ttlMs: number,
    seedToken: string,
  ): Promise<void> {
    checkTtl(ttlMs);
    for (const { purse } of seeds) checkPurse(purse, userId);
    this.#purses.seed(userId, seeds, seedToken, this.#nowMs(), ttlMs);
    this.#context.queues.noteFreed([{ kind: 'user', userId }]);
  }

  settleHold(hold: Hold, cost: PicoUsd): void {
    checkAmount(cost, 'cost');
    if (!markSettled(hold)) return;
    const { slots, queues } = this.#context;
    if (hold.keptBy === 'itself') slots.release(ownLeases(hold.userId), hold.id);
    this.#purses.settle(hold, cost, this.#nowMs());
    queues.noteFreed([{ kind: 'user', userId: hold.userId }]);
  }

  async readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]> {
    return purses.map((purse) => this.#purses.read(purse, this.#nowMs()));
  }

  async listLostHolds(limit: number): Promise<LostHold[]> {
    return this.#purses.listLost(limit, this.#nowMs());
  }

  async forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void> {
    for (const id of ids) this.#purses.forget(id);
  }

  dropFigures(userId: UserId): void {
    this.#purses.dropFigures(userId);
  }

  sweep(): void {
    this.#purses.sweep(this.#nowMs());
  }

  #nowMs(): number {
    return this.#context.clock.nowMs();
  }

  #take(hold: Hold, { money }: AdmitRequest): void {
    const nowMs = this.#nowMs();
    this.#purses.take(hold, money?.note ?? null, nowMs);
    if (hold.keptBy !== 'itself') return;
    const { slots, timings } = this.#context;
    slots.take(ownLeases(hold.userId), hold.id, nowMs + timings.leaseTtlMs);
  }

  #look(request: AdmitRequest, ticket: PendingTicket, closed: Set<string>): 'fits' | 'waits' | 'refused' {
    const check = this.check(request, closed);
    if (check === null || check.kind === 'fits') return 'fits';
    if (check.kind === 'refused') {
      ticket.refuse(check.refusal);
      return 'refused';
    }
    if (check.kind === 'unknown') this.#askForSeed(request.userId, ticket, check.purses, closed);
    else for (const field of check.fields) closed.add(field);
    return 'waits';
  }

  /** Only the first of those who wait for a figure asks for it. */
  #askForSeed(
    userId: UserId,
    ticket: PendingTicket,
    purses: readonly PurseName[],
    closed: Set<string>,
  ): void {
    const unasked = purses.filter((purse) => !closed.has(purseField(purse)));
    for (const purse of unasked) closed.add(purseField(purse));
    if (unasked.length === 0) return;
    ticket.seed(unasked, this.#purses.readToken(userId, unasked, this.#nowMs()));
  }
}

function userSlots(userId: UserId): string {
  return holderName({ kind: 'user', userId });
}

/** Leases of holds that go with no slot. */
function ownLeases(userId: UserId): string {
  return `hold:${userId}`;
}
