import type { LeaseId, PicoUsd, UserId } from '@tollgate/core';
import type { Hold, PurseName, PurseSeed } from '../money-port.ts';
import type { StoreUnavailableError } from '../port.ts';
import { clampInt64 } from '../int64.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import type { Keys, UserKeys } from './keys.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';

/** Puts a true cost in the place of a hold. */
export class SettleOp implements TurnOp {
  readonly rank = TURN_ORDER.settle;
  readonly answers = false;
  readonly #own: UserKeys;
  readonly #hold: Hold;
  readonly #cost: PicoUsd;
  readonly #onFail: (hold: Hold) => void;

  constructor(keys: Keys, hold: Hold, cost: PicoUsd, onFail: (hold: Hold) => void) {
    this.#own = keys.user(hold.userId);
    this.#hold = hold;
    this.#cost = cost;
    this.#onFail = onFail;
  }

  get tag(): string {
    return this.#own.tag;
  }

  write(call: TurnWriter): void {
    const { id, amount, purses, keptBy } = this.#hold;
    const { keys, args } = call;
    keys.push(this.#own.purses);
    const register = call.numberOf(this.#own.register);
    const recordedId = keptBy === 'nothing' ? '' : id;
    const cost = this.#cost.toString();
    const change = amount === 0n ? cost : (this.#cost - amount).toString();
    if (purses.length === 1 && purses[0]?.kind === 'balance' && keptBy !== 'itself') {
      args.push('b', register, recordedId, cost, change);
      return;
    }
    args.push('d', register, recordedId, keptBy === 'itself' ? 1 : 0, cost, change, purses.length);
    for (const purse of purses) args.push(purseField(purse), purseWindowMs(purse));
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#hold);
  }
}

/** Drops figures that may be wrong, and holds that may be over; the next admission asks for the figures anew. */
export class DropPursesOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #userId: UserId;
  readonly #holdIds: ReadonlySet<LeaseId>;
  readonly #onFail: (userId: UserId, holdIds: ReadonlySet<LeaseId>) => void;

  constructor(
    keys: Keys,
    userId: UserId,
    holdIds: ReadonlySet<LeaseId>,
    onFail: (userId: UserId, holdIds: ReadonlySet<LeaseId>) => void,
  ) {
    this.tag = keys.userTag(userId);
    this.#keys = keys;
    this.#userId = userId;
    this.#holdIds = holdIds;
    this.#onFail = onFail;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.#keys.purses(this.#userId));
    args.push('x', this.#holdIds.size, ...this.#holdIds);
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#userId, this.#holdIds);
  }
}

/** Says that this node may hold money of a user's: whoever finds it dead looks there. Said again soon. */
export class NoteHolderOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #member: string;

  constructor(keys: Keys, member: string) {
    this.tag = keys.holdersTag;
    this.#keys = keys;
    this.#member = member;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.#keys.holders);
    args.push('n', this.#member);
  }

  settle(): void {}
  abandon(): void {}
  fail(): void {}
}

interface Ask {
  letter: 'p' | 'u' | 'l' | 'f';
  userId: UserId;
  args: readonly (string | number)[];
  needsRegister?: boolean;
}

/** An operation on a user's purses that somebody waits for; resolves with the script's result as it is. */
export class AskPursesOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = true;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #ask: Ask;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;

  constructor(
    keys: Keys,
    ask: Ask,
    resolve: (result: unknown) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.tag = keys.userTag(ask.userId);
    this.#keys = keys;
    this.#ask = ask;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  write(call: TurnWriter): void {
    const { letter, userId, args, needsRegister = false } = this.#ask;
    call.keys.push(this.#keys.purses(userId));
    call.args.push(letter);
    if (needsRegister) call.args.push(call.numberOf(this.#keys.user(userId).register));
    call.args.push(...args);
  }

  settle(result: unknown): void {
    this.#resolve(result);
  }

  abandon(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }

  fail(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }
}

/** The arguments of a seed. */
export function buildSeedArgs(
  seeds: readonly PurseSeed[],
  ttlMs: number,
  seedToken: string,
): (string | number)[] {
  const args: (string | number)[] = [ttlMs, seedToken, seeds.length];
  for (const { purse, amount, startMs } of seeds) {
    const figure = clampInt64(amount);
    const spent = purse.kind === 'balance' ? clampInt64(-figure) : figure;
    args.push(purseField(purse), spent.toString(), selectEndMs(purse, startMs));
  }
  return args;
}

function selectEndMs(purse: PurseName, startMs: number | null): number {
  const windowMs = purseWindowMs(purse);
  return windowMs === 0 || startMs === null ? 0 : startMs + windowMs;
}
