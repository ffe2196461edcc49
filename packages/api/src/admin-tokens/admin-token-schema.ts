import type { schema } from '@tollgate/db';
import { z } from 'zod';

/** The token itself is shown when it is made, and never again. */
export const adminTokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  /** Id of the person or token; `system` = the first one. */
  createdBy: z.string(),
  createdAt: z.string(),
  /** null = never. */
  expiresAt: z.string().nullable(),
  /** To the minute; null = never. */
  lastUsedAt: z.string().nullable(),
});

export type AdminToken = z.infer<typeof adminTokenSchema>;

export function mapAdminToken(row: typeof schema.adminTokens.$inferSelect): AdminToken {
  const { id, name, scopes, createdBy } = row;
  return {
    id,
    name,
    scopes,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
