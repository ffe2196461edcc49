import { createHash } from 'node:crypto';
import { parseUsd } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { amountField, normaliseUsd } from '../fields/number-fields.ts';
import { emailField, idField, noteField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { bookMovement } from './book-movement.ts';

const { ledger, users } = schema;

const inputSchema = z
  .strictObject({
    /** Whose: by id or by e-mail, one of the two. */
    userId: idField.optional(),
    email: emailField.optional(),
    /** top-up: money came in; refund: what a use cost is given back; adjustment: a correction, either way. */
    kind: z.enum(['top-up', 'refund', 'adjustment']),
    /** USD; negative takes from the user (adjustment only). */
    amount: amountField,
    note: noteField.optional(),
    /** The same key for the same user books once, however often it is sent. */
    idempotencyKey: z.string().min(1).max(200).optional(),
  })
  .refine((input) => (input.userId === undefined) !== (input.email === undefined), {
    path: ['userId'],
    message: 'give either userId or email',
  })
  .refine((input) => !/^-?0+(\.0+)?$/.test(input.amount), {
    path: ['amount'],
    message: 'must not be zero',
  })
  .superRefine(({ kind, amount }, context) => {
    if (kind === 'adjustment' || !amount.startsWith('-')) return;
    context.addIssue({ code: 'custom', path: ['amount'], message: `a ${kind} is positive` });
  });

const outputSchema = z.strictObject({
  ledgerId: z.string(),
  /** USD after the booking. */
  balance: z.string(),
  /** True when this idempotency key was booked before: nothing moved now. */
  replayed: z.boolean(),
});

type BalanceAdjustment = z.infer<typeof inputSchema>;

/** One ledger row and the balance in one transaction. */
export const adjustBalance = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { kind, amount, note } = input;
      const user = await lockUser(change, input);
      const ledgerId = buildLedgerId(change, user.id, input.idempotencyKey);
      if (await isBooked(change, ledgerId, input)) {
        return { ledgerId, balance: normaliseUsd(user.balance), replayed: true };
      }
      const balance = await bookMovement(change, { ledgerId, userId: user.id, kind, amount, note });
      change.audit('balance.adjust', user.id, { kind, amount, note, ledgerId });
      return { ledgerId, balance, replayed: false };
    }),
  );

/** The row lock orders us with the shipper of usage, which moves the same balance. */
async function lockUser(change: Change, { userId, email }: BalanceAdjustment) {
  const where = userId === undefined ? eq(users.email, email ?? '') : eq(users.id, userId);
  const [user] = await change.tx.select().from(users).where(where).for('update');
  if (user) return user;
  throw buildProblem('not-found', userId === undefined ? 'email' : 'userId', 'no such user');
}

/** With an idempotency key the id follows from it, so that a second booking finds the first. */
function buildLedgerId(change: Change, userId: string, idempotencyKey: string | undefined): string {
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
