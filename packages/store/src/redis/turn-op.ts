import type { StoreUnavailableError } from '../port.ts';

/**
 * The order inside a turn: a slot freed in this turn is seen by the admissions of the same turn, and a hold is settled
 * before the lease goes that keeps it.
 */
export const TURN_ORDER = { settle: 0, release: 1, debit: 2, admit: 3, take: 4 } as const;
export type TurnRank = (typeof TURN_ORDER)[keyof typeof TURN_ORDER];

/** One operation of `lua/run-turn.lua`. */
export interface TurnOp {
  readonly rank: TurnRank;
  /** The hash tag that all its keys share. */
  readonly tag: string;
  /** True when the script gives a result for it. */
  readonly answers: boolean;
  /** Adds its keys and arguments to a call. */
  write(call: TurnWriter): void;
  /** What the script gave for it: only for one that answers, once, and also after `abandon`. */
  settle(result: unknown): void;
  /** The time limit is over; `settle` or `fail` still comes. */
  abandon(fault: StoreUnavailableError): void;
  /** No answer will come. `wasSent` = Redis may have run it. */
  fail(fault: StoreUnavailableError, wasSent: boolean): void;
}

/** A call that operations write themselves into: keys and arguments, two lists that the script reads side by side. */
export interface TurnWriter {
  readonly keys: string[];
  readonly args: (string | number)[];
  /** The operation that was added before the one that is being written. */
  readonly before: TurnOp | null;
  /** A text of others' making, which may go beside the arguments. */
  addText(text: string): void;
  /** The number by which the script knows a register of queues (see keys.ts). */
  numberOf(register: string): number;
}
