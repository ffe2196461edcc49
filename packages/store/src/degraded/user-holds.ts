import type { PurseName } from '../money-port.ts';

/** A list for each, in one order: a user has few purses, and each request looks for its own by identity first. */
export interface UserHolds {
  /** Every purse that requests here named. */
  readonly purses: PurseName[];
  readonly fields: string[];
  readonly held: bigint[];
  /** The list that was named last, mostly the next request's as well. */
  named: readonly { purse: PurseName }[] | null;
}
