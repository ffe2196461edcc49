import { schema, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { generateRecoveryCodes, hashRecoveryCode } from '../../sign-in/totp/recovery-codes.ts';

const { recoveryCodes } = schema;

/** New codes in place of those that a person had. */
export async function storeRecoveryCodes(tx: Transaction, userId: string): Promise<string[]> {
  const codes = generateRecoveryCodes();
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx.insert(recoveryCodes).values(codes.map((code) => ({ userId, hash: hashRecoveryCode(code) })));
  return codes;
}
