import { hashKey, schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import { readSessionCookie } from '../web/session-cookie.ts';
import type { WebRequest } from '../web/web-request.ts';
import type { KnownUser } from './check-credentials.ts';
import { createSession } from './sessions.ts';
import { writeAudit } from './write-audit.ts';

const { sessions, users } = schema;

/**
 * A session for somebody whose credentials were right a moment ago; null = they are no longer: the row is locked, so
 * that a change of password or status which is under way ends this session too. The browser's session before this
 * one ends, whoever's it was.
 */
export function beginSession(
  services: ApiServices,
  user: KnownUser,
  web: WebRequest,
): Promise<string | null> {
  return services.db.transaction(async (tx) => {
    const isSame = and(eq(users.status, 'active'), eq(users.passwordHash, user.passwordHash));
    const [known] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, user.id), isSame))
      .for('share');
    if (!known) return null;
    const before = readSessionCookie(web);
    if (before !== null) await tx.delete(sessions).where(eq(sessions.hash, hashKey(before)));
    const { id, token } = await createSession(tx, user.id, web, services.signIn, services.clock.nowMs());
    const detail = { address: web.address, userAgent: web.userAgent };
    await writeAudit(tx, { actor: user.id, action: 'sign-in.success', target: id, detail });
    return token;
  });
}
