import type { Reservation, StoreUnavailableError, WindowName, WindowUse } from '../port.ts';
import type { Keys } from './keys.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';

/** Puts a true figure in place of an estimate. One that is lost leaves the estimate until the window is over. */
export class CorrectOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #reservation: Reservation;
  readonly #trueCost: number;

  constructor(keys: Keys, reservation: Reservation, trueCost: number) {
    this.tag = keys.userTag(reservation.window.subject.userId);
    this.#keys = keys;
    this.#reservation = reservation;
    this.#trueCost = trueCost;
  }

  write({ keys, args }: TurnWriter): void {
    const { window, stamp, cost } = this.#reservation;
    keys.push(this.#keys.window(window));
    args.push('k', shapeLetter(window), stamp, this.#trueCost - cost);
  }

  settle(): void {}
  abandon(): void {}
  fail(): void {}
}

/** Reads a window without counting. */
export class ReadWindowOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly tag: string;
  readonly #key: string;
  readonly #letter: string;
  readonly #resolve: (use: WindowUse) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;

  constructor(
    keys: Keys,
    window: WindowName,
    resolve: (use: WindowUse) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.tag = keys.userTag(window.subject.userId);
    this.#key = keys.window(window);
    this.#letter = shapeLetter(window);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.#key);
    args.push('v', this.#letter);
  }

  settle(result: unknown): void {
    const [used, resetMs] = result as [string, number];
    this.#resolve({ used: Number(used), resetMs });
  }

  abandon(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }

  fail(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }
}

/** As the script knows the shape. */
export function shapeLetter({ shape }: WindowName): 'f' | 's' {
  return shape === 'sliding' ? 's' : 'f';
}
