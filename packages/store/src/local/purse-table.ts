import { picoUsd, type Logger, type PicoUsd, type UserId } from '@tollgate/core';
import { at } from '../admit-result.ts';
import { parseLostHoldId } from '../build-hold.ts';
import { clampInt64 } from '../int64.ts';
import type { Hold, LostHold, MoneyRefusal, MoneyRequest, PurseLimit } from '../money-port.ts';
import type { PurseName, PurseSeed, PurseState } from '../money-port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import { SeedTokens } from './seed-tokens.ts';
import { UserPurses, type Figure } from './user-purses.ts';

export type MoneyCheck =
  | { kind: 'fits' }
  /** It would fit if nothing were held. `fields`: where it does not. */
  | { kind: 'held'; fields: string[]; refusal: MoneyRefusal }
  | { kind: 'refused'; refusal: MoneyRefusal }
  | { kind: 'unknown'; purses: PurseName[] };

export interface PurseTableOptions {
  /** Its lease lives. */
  isLive(hold: Hold, nowMs: number): boolean;
  seedTokenTtlMs: number;
  logger: Logger;
}

/** Purses, holds and lost holds of all users: the twin of redis/lua/includes/check-purses.lua and its like. */
export class PurseTable {
  readonly #options: PurseTableOptions;
  readonly #users = new Map<UserId, UserPurses>();
  readonly #tokens: SeedTokens;

  constructor(options: PurseTableOptions) {
    this.#options = options;
    this.#tokens = new SeedTokens(options.seedTokenTtlMs);
  }

  /** `closed`: purses that those who wait ahead are short of. */
  check(request: MoneyRequest, userId: UserId, nowMs: number, closed: ReadonlySet<string>): MoneyCheck {
    const purses = request.purses.map(({ purse }) => purse);
    const figures = purses.map((purse) => this.#users.get(userId)?.read(purse, nowMs) ?? null);
    const unknown = purses.filter((_, index) => figures[index] === null);
    if (unknown.length > 0) return { kind: 'unknown', purses: unknown };
    const known = figures as Figure[];
    const over = selectLongest(
      request,
      known,
      nowMs,
      (limit, { spent }) => spent + request.hold > limit || spent >= limit,
    );
    if (over) return { kind: 'refused', refusal: { ...over, isHeld: false } };
    if (request.hold === 0n) return { kind: 'fits' };
    const isShort = (limit: bigint, figure: Figure, field: string) =>
      closed.has(field) || figure.spent + figure.held + request.hold > limit;
    if (!listShort(request, known, isShort).length) return { kind: 'fits' };
    this.#sweep(userId, nowMs);
    const fields = listShort(request, known, isShort);
    const short = selectLongest(request, known, nowMs, isShort);
    return short ? { kind: 'held', fields, refusal: { ...short, isHeld: true } } : { kind: 'fits' };
  }

  readToken(userId: UserId, purses: readonly PurseName[], nowMs: number): string {
    return this.#tokens.read(userId, purses.map(purseField), nowMs);
  }

  take(hold: Hold, note: string | null, nowMs: number): void {
    if (hold.keptBy !== 'nothing') this.#open(hold.userId).take(hold, note, nowMs);
  }

  settle(hold: Hold, cost: PicoUsd, nowMs: number): void {
    this.#users.get(hold.userId)?.settle(hold, cost, nowMs);
  }

  giveBack(hold: Hold, nowMs: number): void {
    this.#users.get(hold.userId)?.giveBack(hold, nowMs);
  }

  seed(userId: UserId, seeds: readonly PurseSeed[], token: string, nowMs: number, ttlMs: number): void {
    for (const { purse, amount, startMs } of seeds) {
      if (!this.#tokens.spend(userId, token, purseField(purse), nowMs)) continue;
      const figure = clampInt64(amount);
      const spent = purse.kind === 'balance' ? clampInt64(-figure) : figure;
      this.#open(userId).seed(purse, { spent, startMs }, nowMs, ttlMs);
    }
  }

  /** With what is held by those that live. */
  read(purse: PurseName, nowMs: number): PurseState | null {
    this.#sweep(purse.userId, nowMs);
    const figure = this.#users.get(purse.userId)?.read(purse, nowMs);
    if (!figure) return null;
    const amount = purse.kind === 'balance' ? -figure.spent : figure.spent;
    return { amount: picoUsd(amount), held: picoUsd(figure.held), startMs: figure.startMs };
  }

  /** The holds stay. */
  dropFigures(userId: UserId): void {
    this.#users.get(userId)?.dropFigures();
    this.#tokens.drop(userId);
  }

  listLost(limit: number, nowMs: number): LostHold[] {
    const lost: LostHold[] = [];
    for (const [userId, purses] of this.#users) {
      this.#sweep(userId, nowMs);
      lost.push(...purses.listLost());
    }
    return lost.slice(0, limit);
  }

  forget(id: LostHold['id']): void {
    const parsed = parseLostHoldId(id);
    if (parsed) this.#users.get(parsed.userId)?.forget(id);
  }

  sweep(nowMs: number): void {
    this.#tokens.sweep(nowMs);
    for (const [userId, purses] of this.#users) if (purses.isEmpty(nowMs)) this.#users.delete(userId);
  }

  #sweep(userId: UserId, nowMs: number): void {
    const { isLive, logger } = this.#options;
    const dropped = this.#users.get(userId)?.sweep((hold) => isLive(hold, nowMs), nowMs) ?? 0;
    if (dropped > 0) logger.error({ userId, dropped }, 'lost holds were dropped: nobody forgets them');
  }

  #open(userId: UserId): UserPurses {
    const known = this.#users.get(userId);
    if (known) return known;
    const purses = new UserPurses(userId);
    this.#users.set(userId, purses);
    return purses;
  }
}

type Rule = (limit: bigint, figure: Figure, field: string) => boolean;

function listShort({ purses }: MoneyRequest, figures: readonly Figure[], isShort: Rule): string[] {
  const fields = purses.map(({ purse }) => purseField(purse));
  return fields.filter((field, index) => isShort(limitOf(at(purses, index)), at(figures, index), field));
}

/** Of the purses to which the rule applies the one that refuses longest, of equals the first. */
function selectLongest(
  { purses, hold }: MoneyRequest,
  figures: readonly Figure[],
  nowMs: number,
  rule: Rule,
): Omit<MoneyRefusal, 'isHeld'> | null {
  let longest: Omit<MoneyRefusal, 'isHeld'> | null = null;
  for (const [index, purseLimit] of purses.entries()) {
    const { purse } = purseLimit;
    const figure = at(figures, index);
    const limit = limitOf(purseLimit);
    if (!rule(limit, figure, purseField(purse))) continue;
    const neverFits = figure.startMs === null || hold > limit || limit === 0n;
    const retryAfterMs = neverFits ? null : (figure.startMs ?? 0) + purseWindowMs(purse) - nowMs;
    if (!longest || isLonger(retryAfterMs, longest.retryAfterMs)) longest = { purse, retryAfterMs };
  }
  return longest;
}

function isLonger(one: number | null, other: number | null): boolean {
  return other !== null && (one === null || one > other);
}

/** Where `spent` may go at most. */
function limitOf({ limit }: PurseLimit): bigint {
  return limit ?? 0n;
}
