import type { PicoUsd, UserId } from '@tollgate/core';
import type { Keys } from './keys.ts';
import type { TurnCall } from './turn-call.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

/** Moves a balance figure. */
export class DebitOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly #keys: Keys;
  readonly #amount: string;
  readonly #userId: UserId;
  readonly #onFail: (userId: UserId) => void;

  constructor(keys: Keys, userId: UserId, amount: PicoUsd, onFail: (userId: UserId) => void) {
    this.#keys = keys;
    this.#amount = amount.toString();
    this.#userId = userId;
    this.#onFail = onFail;
  }

  get tag(): string {
    return this.#keys.userTag(this.#userId);
  }

  write({ keys, args }: TurnCall): void {
    keys.push(this.#keys.balance(this.#userId));
    args.push('d', this.#amount);
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#userId);
  }
}

/** Drops a balance figure that may be wrong; the next admission asks for it anew. */
export class DropBalanceOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #userId: UserId;
  readonly #onFail: (userId: UserId) => void;

  constructor(keys: Keys, userId: UserId, onFail: (userId: UserId) => void) {
    this.tag = keys.userTag(userId);
    this.#keys = keys;
    this.#userId = userId;
    this.#onFail = onFail;
  }

  write({ keys, args }: TurnCall): void {
    keys.push(this.#keys.balance(this.#userId), this.#keys.seedToken(this.#userId));
    args.push('x');
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#userId);
  }
}
