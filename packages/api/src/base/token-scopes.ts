import { z } from 'zod';

/** All that the API can do. */
export const FULL_SCOPE = '*';
/** Every query. */
const READ_SCOPE = 'read';

/** `*`, `read`, or a router with what may be done there: `keys:write`, `usage:read`. */
export const scopeField = z
  .string()
  .max(64)
  .regex(/^(?:\*|read|[a-z][A-Za-z]*:(?:read|write))$/, 'expected *, read, <router>:read or <router>:write');

/** What a procedure asks for; it follows from its path and kind, so that no procedure can forget to say it. */
export function buildScope(path: string, type: 'query' | 'mutation' | 'subscription'): string {
  return `${path.split('.', 1)[0]}:${type === 'mutation' ? 'write' : 'read'}`;
}

/** Do the granted scopes allow `scope`? */
export function coversScope(granted: readonly string[], scope: string): boolean {
  if (granted.includes(FULL_SCOPE) || granted.includes(scope)) return true;
  return scope.endsWith(':read') && granted.includes(READ_SCOPE);
}
