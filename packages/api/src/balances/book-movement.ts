import { moveBalance, type BalanceMovement } from '@tollgate/db';
import type { Change } from '../change/run-change.ts';
import { normaliseUsd } from '../fields/number-fields.ts';
import { buildProblem } from '../problems/problem.ts';

export type Movement = Omit<BalanceMovement, 'at'>;

/** Writes the ledger row and moves the balance; the new balance in USD. */
export async function bookMovement(change: Change, movement: Movement): Promise<string> {
  const balance = await moveBalance(change.tx, { ...movement, at: change.now });
  if (balance === null) throw buildProblem('not-found', 'userId', `no such user: ${movement.userId}`);
  change.invalidate({ scope: 'balance', userId: movement.userId });
  return normaliseUsd(balance);
}
