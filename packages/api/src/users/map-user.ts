import type { schema } from '@tollgate/db';
import { normaliseAmount, normaliseUsd } from '../fields/number-fields.ts';
import { selectShown } from '../fields/select-shown.ts';
import { userOutputSchema, type User } from './user-schemas.ts';

export type UserRow = typeof schema.users.$inferSelect;

/** A row as the API shows it. */
export function mapUser(row: UserRow): User {
  return userOutputSchema.parse({
    ...selectShown(row, userOutputSchema),
    balance: normaliseUsd(row.balance),
    totalRecharged: normaliseUsd(row.totalRecharged),
    lowBalanceThreshold: normaliseAmount(row.lowBalanceThreshold),
    lowBalanceNotifiedAt: row.lowBalanceNotifiedAt?.toISOString() ?? null,
    lastResetAt: row.lastResetAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
