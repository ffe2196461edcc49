import { randomBytes } from 'node:crypto';
import { hashKey, schema } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { scopeField } from '../base/token-scopes.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { instantField, nameField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import { adminTokenSchema, mapAdminToken } from './admin-token-schema.ts';
import { requireOwnScopes } from './require-own-scopes.ts';

const TOKEN_BYTES = 32;
const SCOPES_MAX = 64;

const inputSchema = z.strictObject({
  name: nameField,
  scopes: z
    .array(scopeField)
    .min(1, 'a token needs a scope')
    .max(SCOPES_MAX)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'names a scope twice'),
  /** null = never. */
  expiresAt: instantField.nullable(),
});

type Wanted = z.infer<typeof inputSchema>;

/** `token` is shown here and never again. A token makes none that may do more than itself. */
export function buildCreateAdminToken(listRouters: () => readonly string[]) {
  return adminProcedure
    .input(inputSchema)
    .output(adminTokenSchema.safeExtend({ token: z.string() }))
    .mutation(({ ctx: { services, admin }, input }) => {
      requireKnownRouters(input.scopes, listRouters());
      requireOwnScopes(admin, input.scopes, 'give');
      return runChange({ services, actor: admin.id }, (change) => insertToken(change, input, admin.id));
    });
}

/** A scope that is misspelt would give nothing, and nobody would know why. */
function requireKnownRouters(scopes: readonly string[], routers: readonly string[]): void {
  const unknown = scopes.find(
    (scope) => scope.includes(':') && !routers.includes(scope.split(':', 1)[0] ?? ''),
  );
  if (unknown !== undefined) throw buildProblem('invalid', 'scopes', `no such router: ${unknown}`);
}

async function insertToken(change: Change, { name, scopes, expiresAt }: Wanted, createdBy: string) {
  const token = `tga_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const id = change.createId('adminToken');
  const end = expiresAt === null ? null : new Date(expiresAt);
  const stamps = { createdAt: change.now, expiresAt: end };
  const [row] = await change.tx
    .insert(schema.adminTokens)
    .values({ id, name, scopes, createdBy, hash: hashKey(token), ...stamps })
    .returning();
  if (!row) throw new Error('the insert gave no row');
  change.audit('admin-token.create', id, { name, scopes, expiresAt: end?.toISOString() ?? null });
  return { ...mapAdminToken(row), token };
}
