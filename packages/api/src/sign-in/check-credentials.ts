import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import { hasTotp, takeSecondFactor } from './totp/second-factor.ts';

export interface Credentials {
  /** Lower case. */
  email: string;
  password: string;
  /** Of the authenticator, or a recovery code. */
  code?: string | undefined;
}

export interface KnownUser {
  id: string;
  email: string;
  role: 'admin' | 'user';
  /** The hash that the password was checked against. */
  passwordHash: string;
}

export type CredentialsOutcome =
  | { state: 'right'; user: KnownUser; isOutdated: boolean }
  | { state: 'code-needed' }
  /** `userId` null = no such user. */
  | { state: 'wrong'; userId: string | null };

/** The same work whether the user is unknown, disabled, without a password, or the password is wrong. */
export async function checkCredentials(
  services: ApiServices,
  { email, password, code }: Credentials,
): Promise<CredentialsOutcome> {
  const { id, status, role, passwordHash } = schema.users;
  const [row] = await services.db
    .select({ id, status, role, passwordHash })
    .from(schema.users)
    .where(eq(schema.users.email, email));
  const stored = row?.status === 'active' ? row.passwordHash : null;
  const { isRight, isOutdated } = await services.signIn.passwords.check(password, stored);
  if (!row || stored === null || !isRight) return { state: 'wrong', userId: row?.id ?? null };
  if (await hasTotp(services.db, row.id)) {
    if (code === undefined) return { state: 'code-needed' };
    if (!(await takeSecondFactor(services, row.id, code))) return { state: 'wrong', userId: row.id };
  }
  const user = {
    id: row.id,
    email,
    role: row.role === 'admin' ? 'admin' : 'user',
    passwordHash: stored,
  } as const;
  return { state: 'right', user, isOutdated };
}
