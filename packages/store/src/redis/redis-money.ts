import { picoUsd, type Clock, type LeaseId, type Logger, type PicoUsd, type UserId } from '@tollgate/core';
import { parseLostHoldId } from '../build-hold.ts';
import { checkAmount, checkPurse } from '../check-money.ts';
import { checkTtl } from '../check-request.ts';
import type { Hold, LostHold, MoneyStore, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import { markSettled } from '../running-hold.ts';
import type { Timings } from '../timings.ts';
import type { Batcher } from './batch.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { HeldLease } from './held-lease.ts';
import type { KeptLease } from './lease-ops.ts';
import type { Call } from './call.ts';
import { AskPursesOp, buildSeedArgs, DropPursesOp, NoteHolderOp, SettleOp } from './money-ops.ts';
import { parseLostHolds } from './parse-lost-holds.ts';
import { SCRIPTS } from './scripts.ts';

export interface RedisMoneyContext {
  keys: Keys;
  batcher: Batcher;
  keeper: LeaseKeeper;
  clock: Clock;
  timings: Timings;
  logger: Logger;
  nodeId: string;
  request(call: Call): Promise<unknown>;
}

/** Users in whom lost holds are looked for at a time. */
const HOLDERS_MAX = 1_000;

/** The part of the Redis store that is about money. */
export class RedisMoney implements MoneyStore {
  readonly #context: RedisMoneyContext;
  /** When this node last said that it may hold money of a user's, monotonic ms. */
  readonly #saidAtMs = new Map<UserId, number>();
  /** Figures that may miss a settlement, and the holds that may be over. */
  #doubtful = new Map<UserId, Set<LeaseId>>();

  constructor(context: RedisMoneyContext) {
    this.#context = context;
  }

  async seedPurses(
    userId: UserId,
    seeds: readonly PurseSeed[],
    ttlMs: number,
    seedToken: string,
  ): Promise<void> {
    checkTtl(ttlMs);
    for (const { purse } of seeds) checkPurse(purse, userId);
    await this.#ask('p', userId, buildSeedArgs(seeds, ttlMs, seedToken), true);
  }

  settleHold(hold: Hold, cost: PicoUsd): void {
    checkAmount(cost, 'cost');
    if (!markSettled(hold)) return;
    const { keys, batcher, keeper } = this.#context;
    if (hold.keptBy === 'itself') keeper.drop(ownLease(hold));
    batcher.add(new SettleOp(keys, hold, cost, this.#doubt));
  }

  async readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]> {
    const byUser = Map.groupBy(purses, ({ userId }) => userId);
    const states = new Map<PurseName, PurseState | null>();
    await Promise.all(
      [...byUser].map(async ([userId, own]) => {
        const result = await this.#ask('u', userId, [own.length, ...own.map(purseField)]);
        for (const [index, purse] of own.entries())
          states.set(purse, parseState(purse, (result as string[][])[index]));
      }),
    );
    return purses.map((purse) => states.get(purse) ?? null);
  }

  async listLostHolds(limit: number): Promise<LostHold[]> {
    const { keys, timings, request } = this.#context;
    const idleMs = timings.leaseTtlMs + timings.holderMs;
    const call = { script: SCRIPTS.listHolders, keys: [keys.holders], args: [idleMs, HOLDERS_MAX] };
    const members = (await request(call)) as string[];
    const byUser = Map.groupBy(members, parseHolder);
    const idle: string[] = [];
    const found = await Promise.all(
      [...byUser].map(async ([userId, own]) => {
        const lost = await this.#listLostOf(userId, limit);
        if (lost.length === 0) idle.push(...own);
        return lost;
      }),
    );
    if (idle.length > 0)
      await request({ script: SCRIPTS.dropHolders, keys: [keys.holders], args: [idleMs, ...idle] });
    return found.flat().slice(0, limit);
  }

  async forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void> {
    const known = ids.flatMap((id) => parseLostHoldId(id) ?? []);
    await Promise.all(known.map(({ leaseId, userId }) => this.#ask('f', userId, [leaseId])));
  }

  /** A request is to hold money with a note, or does: if this node dies now, the hold is found. */
  noteHolder(userId: UserId): void {
    const { keys, batcher, clock, timings, nodeId } = this.#context;
    const nowMs = clock.monotonicMs();
    const saidAtMs = this.#saidAtMs.get(userId);
    if (saidAtMs !== undefined && nowMs - saidAtMs < timings.holderMs) return;
    this.#saidAtMs.set(userId, nowMs);
    batcher.add(new NoteHolderOp(keys, `${nodeId}|${userId}`));
  }

  /** The store's heartbeat, for each lease of this node's. */
  renew({ holder }: KeptLease): void {
    if (holder.kind === 'user' || holder.kind === 'hold') {
      if (this.#saidAtMs.has(holder.userId)) this.noteHolder(holder.userId);
    }
  }

  /** A hold that goes with no slot is kept alive like one. */
  keep({ id, userId, keptBy }: Hold): void {
    if (keptBy === 'itself') this.#context.keeper.keep(new HeldLease(id, { kind: 'hold', userId }));
  }

  /** Nobody has heard that it was admitted: a settlement of nothing. */
  giveBack(hold: Hold): void {
    this.settleHold(hold, picoUsd(0n));
  }

  /** Redis is back: figures that may be wrong are asked for anew. */
  catchUp(): void {
    const doubtful = this.#doubtful;
    this.#doubtful = new Map();
    const { keys, batcher } = this.#context;
    for (const [userId, holdIds] of doubtful)
      batcher.add(new DropPursesOp(keys, userId, holdIds, this.#doubtAll));
  }

  /** Users whom this node has long not asked for are forgotten. */
  sweep(): void {
    const { clock, timings } = this.#context;
    const oldestMs = clock.monotonicMs() - 2 * timings.holderMs - timings.heartbeatMs;
    for (const [userId, saidAtMs] of this.#saidAtMs) if (saidAtMs < oldestMs) this.#saidAtMs.delete(userId);
  }

  readonly #doubt = ({ userId, id, keptBy }: Hold): void => {
    this.#doubtAll(userId, keptBy === 'nothing' ? [] : [id]);
  };

  readonly #doubtAll = (userId: UserId, holdIds: Iterable<LeaseId>): void => {
    const known = this.#doubtful.get(userId) ?? new Set();
    for (const id of holdIds) known.add(id);
    this.#doubtful.set(userId, known);
  };

  async #listLostOf(userId: UserId, limit: number): Promise<LostHold[]> {
    const { clock, logger } = this.#context;
    const [dropped, entries] = (await this.#ask('l', userId, [limit])) as [number, unknown];
    if (dropped > 0) logger.error({ userId, dropped }, 'lost holds were dropped: nobody forgets them');
    return parseLostHolds(userId, entries, clock.nowMs());
  }

  #ask(
    letter: 'p' | 'u' | 'l' | 'f',
    userId: UserId,
    args: readonly (string | number)[],
    needsRegister = false,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { keys, batcher } = this.#context;
      batcher.add(new AskPursesOp(keys, { letter, userId, args, needsRegister }, resolve, reject));
    });
  }
}

/** Of a hold that goes with no slot. */
function ownLease({ id, userId }: Hold): KeptLease {
  return { id, holder: { kind: 'hold', userId } };
}

/** `<node>|<user>` */
function parseHolder(member: string): UserId {
  return member.slice(member.indexOf('|') + 1) as UserId;
}

function parseState(purse: PurseName, fields: string[] | undefined): PurseState | null {
  const [spentText, claimedText, endText] = fields ?? [];
  if (!spentText || !claimedText) return null;
  const spent = BigInt(spentText);
  const endMs = Number(endText);
  return {
    amount: picoUsd(purse.kind === 'balance' ? -spent : spent),
    held: picoUsd(BigInt(claimedText) - spent),
    startMs: endMs > 0 ? endMs - purseWindowMs(purse) : null,
  };
}
