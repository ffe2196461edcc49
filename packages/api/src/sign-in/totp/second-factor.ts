import { openSecret, schema, type Database, type Transaction } from '@tollgate/db';
import { and, count, eq, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import type { ApiServices } from '../../base/context.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import { findTotpStep } from './totp-code.ts';

const { recoveryCodes, totp } = schema;

/** Whose secret it is: it opens in no other row. */
export function buildTotpSealContext(userId: string): string {
  return `totp:${userId}`;
}

/** True = signing in asks for a code. */
export async function hasTotp(db: Database | Transaction, userId: string): Promise<boolean> {
  const rows = await db
    .select({ userId: totp.userId })
    .from(totp)
    .where(and(eq(totp.userId, userId), isNotNull(totp.confirmedAt)));
  return rows.length > 0;
}

/** Takes a code of the authenticator or a recovery code: true once, whoever comes with it how often and at the same time. */
export function takeSecondFactor(services: ApiServices, userId: string, code: string): Promise<boolean> {
  const text = code.replaceAll(' ', '');
  return /^\d{6}$/.test(text)
    ? takeTotpCode(services, userId, text)
    : takeRecoveryCode(services.db, userId, code);
}

/** Also for an authenticator that is being confirmed. A step that was taken, and those before it, are gone. */
export async function takeTotpCode(
  { db, secretKey, clock }: ApiServices,
  userId: string,
  code: string,
): Promise<boolean> {
  const [row] = await db.select().from(totp).where(eq(totp.userId, userId));
  if (!row) return false;
  const secret = Buffer.from(openSecret(row.sealedSecret, secretKey, buildTotpSealContext(userId)), 'base64');
  const step = findTotpStep(secret, code, clock.nowMs());
  if (step === null) return false;
  const isFresh = or(isNull(totp.usedStep), lt(totp.usedStep, step));
  const taken = await db
    .update(totp)
    .set({ usedStep: step })
    .where(and(eq(totp.userId, userId), eq(totp.sealedSecret, row.sealedSecret), isFresh))
    .returning({ userId: totp.userId });
  return taken.length > 0;
}

async function takeRecoveryCode(db: Database, userId: string, code: string): Promise<boolean> {
  const isUnused = and(eq(recoveryCodes.hash, hashRecoveryCode(code)), isNull(recoveryCodes.usedAt));
  const taken = await db
    .update(recoveryCodes)
    .set({ usedAt: sql`now()` })
    .where(and(eq(recoveryCodes.userId, userId), isUnused))
    .returning({ userId: recoveryCodes.userId });
  return taken.length > 0;
}

/** How many recovery codes are left. */
export async function countRecoveryCodes(db: Database, userId: string): Promise<number> {
  const [row] = await db
    .select({ total: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
  return row?.total ?? 0;
}

/** The authenticator and its recovery codes are gone: the password is enough. */
export async function removeTotp(tx: Transaction, userId: string): Promise<void> {
  await tx.delete(totp).where(eq(totp.userId, userId));
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
}
