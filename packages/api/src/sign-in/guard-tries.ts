import { TRPCError } from '@trpc/server';
import type { Database } from '@tollgate/db';
import type { WebRequest } from '../web/web-request.ts';
import {
  beginTry,
  buildAccountSubject,
  buildAddressSubject,
  forgetTries,
  readBlockMs,
  undoTry,
  type TrySubject,
} from './sign-in-tries.ts';

/** A guess that was let through, and counted as failed until somebody says otherwise. */
export interface GuardedTry {
  /** How long the account or the address is blocked if it stays failed; 0 = not at all. */
  blockMs: number;
  /** It was right. */
  succeed(): Promise<void>;
  /** It was not looked at, or is not over. */
  undo(): Promise<void>;
}

/**
 * Throttles guesses by address and by account (`email` null = about no account). Throws TOO_MANY_REQUESTS with
 * Retry-After. An account that is blocked still counts against the address.
 */
export async function guardTries(db: Database, web: WebRequest, email: string | null): Promise<GuardedTry> {
  const address = buildAddressSubject(web.address);
  const account = email === null ? null : buildAccountSubject(email);
  const byAddress = await begin(db, web, address);
  const byAccount = account ? await begin(db, web, account) : { blockMs: 0 };
  return {
    blockMs: Math.max(byAddress.blockMs, byAccount.blockMs),
    async succeed() {
      if (account) await forgetTries(db, account);
      await undoTry(db, address);
    },
    async undo() {
      if (account) await undoTry(db, account);
      await undoTry(db, address);
    },
  };
}

async function begin(db: Database, web: WebRequest, subject: TrySubject) {
  const begun = await beginTry(db, subject);
  if (begun) return begun;
  const waitS = Math.max(1, Math.ceil((await readBlockMs(db, subject)) / 1_000));
  if (web.canSetHeaders()) web.setHeader('retry-after', String(waitS));
  throw new TRPCError({
    code: 'TOO_MANY_REQUESTS',
    message: `Too many wrong tries: try again in ${waitS} s.`,
  });
}
