import { TRPCError } from '@trpc/server';
import type { Change } from '../change/run-change.ts';

/**
 * CTL-2: who is an admin, and by which address an admin signs in, is the matter of those who may do everything. Else a
 * token that may only write users, or files, would make itself an admin, or take one over. Throws FORBIDDEN.
 */
export async function requireFullAdmin({ services }: Change, email: string): Promise<void> {
  if ((await services.mayManageAdmins?.()) ?? true) return;
  const message = `The token has not the scope *: ${email} is an admin, or would be one.`;
  throw new TRPCError({ code: 'FORBIDDEN', message });
}
