import { TRPCError } from '@trpc/server';
import type { Admin } from '../base/caller.ts';
import { coversScope } from '../base/token-scopes.ts';

/**
 * A token gives no more than it has, and takes no more: else whoever may write tokens could do everything, or lock out
 * those who may. Throws FORBIDDEN.
 */
export function requireOwnScopes(
  { scopes: own }: Admin,
  scopes: readonly string[],
  deed: 'give' | 'take',
): void {
  const tooMuch = scopes.find((scope) => !coversScope(own, scope));
  if (tooMuch === undefined) return;
  const message = `The token has not the scope ${tooMuch}, so it cannot ${deed} it.`;
  throw new TRPCError({ code: 'FORBIDDEN', message });
}
