import type { StoreUnavailableError } from '../port.ts';
import type { TurnCall } from './turn-call.ts';

/** The order inside a turn: a slot freed in this turn is seen by the admissions of the same turn. */
export const TURN_ORDER = { release: 0, debit: 1, admit: 2, take: 3 } as const;
export type TurnRank = (typeof TURN_ORDER)[keyof typeof TURN_ORDER];

/** One operation of `lua/run-turn.lua`. */
export interface TurnOp {
  readonly rank: TurnRank;
  /** The hash tag that all its keys share. */
  readonly tag: string;
  /** True when the script gives a result for it. */
  readonly answers: boolean;
  /** Adds its keys and arguments to a call. */
  write(call: TurnCall): void;
  /** Redis ran it. Comes once, and also after `abandon`. */
  settle(result: unknown): void;
  /** The time limit is over; `settle` or `fail` still comes. */
  abandon(fault: StoreUnavailableError): void;
  /** No answer will come. `wasSent` = Redis may have run it. */
  fail(fault: StoreUnavailableError, wasSent: boolean): void;
}
