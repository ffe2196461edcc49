import { schema } from '@tollgate/db';
import { and, eq, isNotNull } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import type { UserRow } from './map-user.ts';

const { users } = schema;

type AdminFields = Pick<UserRow, 'role' | 'status' | 'passwordHash'>;

/** An admin of whom only a link knows yet is none: the link may end before it is opened. */
export function canAdminSignIn({ role, status, passwordHash }: AdminFields): boolean {
  return role === 'admin' && status === 'active' && passwordHash !== null;
}

/**
 * CTL-2: an admin who can sign in was demoted, disabled or deleted by this change; somebody else has to be one when
 * it ends, else it is refused (conflict) as a whole. At its end, as one file may take the role from one user and give
 * it to the next; changes of configuration run one after the other, so two admins cannot do it to each other.
 */
export function requireOtherAdmin(change: Change, email: string): void {
  change.checkAtEnd(async () => {
    const isAdmin = and(eq(users.role, 'admin'), eq(users.status, 'active'), isNotNull(users.passwordHash));
    const [staying] = await change.tx.select({ id: users.id }).from(users).where(isAdmin).limit(1);
    if (staying) return [];
    const message =
      `user ${email} is the last administrator who can sign in, and stays an active one: ` +
      'give somebody else the role and a password first';
    return [{ path: '', message }];
  });
}
