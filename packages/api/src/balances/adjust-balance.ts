import { createHash } from 'node:crypto';
import { parseUsd } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { amountField, normaliseUsd } from '../fields/number-fields.ts';
import { idField, noteField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { bookMovement } from './book-movement.ts';

const { ledger, users } = schema;

const inputSchema = z
  .strictObject({
    userId: idField,
    /** top-up: money came in; adjustment: a correction, either way. */
    kind: z.enum(['top-up', 'adjustment']),
    /** USD; negative takes from the user (adjustment only). */
    amount: amountField,
    note: noteField.optional(),
    /** The same key for the same user books once, however often it is sent. */
    idempotencyKey: z.string().min(1).max(200).optional(),
  })
  .refine((input) => !/^-?0+(\.0+)?$/.test(input.amount), {
    path: ['amount'],
    message: 'must not be zero',
  })
  .refine((input) => input.kind !== 'top-up' || !input.amount.startsWith('-'), {
    path: ['amount'],
    message: 'a top-up is positive',
  });

const outputSchema = z.strictObject({
  ledgerId: z.string(),
  /** USD after the booking. */
  balance: z.string(),
  /** True when this idempotency key was booked before: nothing moved now. */
  replayed: z.boolean(),
});

export type BalanceAdjustment = z.infer<typeof inputSchema>;

/** One ledger row and the balance in one transaction. */
export const adjustBalance = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      // The row lock orders us with the shipper of usage, which moves the same balance.
      const [user] = await change.tx.select().from(users).where(eq(users.id, input.userId)).for('update');
      if (!user) throw buildProblem('not-found', 'userId', `no such user: ${input.userId}`);
      const ledgerId = buildLedgerId(change, input);
      if (await isBooked(change, ledgerId, input)) {
        return { ledgerId, balance: normaliseUsd(user.balance), replayed: true };
      }
      const balance = await bookMovement(change, { ...input, ledgerId });
      change.audit('balance.adjust', input.userId, { ...input, ledgerId });
      return { ledgerId, balance, replayed: false };
    }),
  );

/** With an idempotency key the id follows from it, so that a second booking finds the first. */
function buildLedgerId(change: Change, { userId, idempotencyKey }: BalanceAdjustment): string {
  if (idempotencyKey === undefined) return change.createId('ledger');
  const digest = createHash('sha256').update(`${userId}\n${idempotencyKey}`).digest('hex');
  return `led_${digest.slice(0, 26)}`;
}

/** True when this very movement was booked before; another one under the same key is a conflict. */
async function isBooked(change: Change, ledgerId: string, input: BalanceAdjustment): Promise<boolean> {
  const [row] = await change.tx.select().from(ledger).where(eq(ledger.id, ledgerId));
  if (!row) return false;
  if (row.kind === input.kind && parseUsd(row.amount) === parseUsd(input.amount)) return true;
  throw buildProblem('conflict', 'idempotencyKey', 'was used for another movement');
}
