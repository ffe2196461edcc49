import type { Platform } from '@tollgate/core';
import { schema, type Database, type Transaction } from '@tollgate/db';

/** What the file may refer to without declaring it: what is in the database already. */
export interface KnownObjects {
  /** Group name → platform. */
  groups: ReadonlyMap<string, Platform>;
  /** E-mail addresses. */
  users: ReadonlySet<string>;
}

export const NOTHING_KNOWN: KnownObjects = { groups: new Map(), users: new Set() };

export async function loadKnownObjects(db: Database | Transaction): Promise<KnownObjects> {
  const groups = await db
    .select({ name: schema.groups.name, platform: schema.groups.platform })
    .from(schema.groups);
  const users = await db.select({ email: schema.users.email }).from(schema.users);
  return {
    groups: new Map(groups.map(({ name, platform }) => [name, platform as Platform])),
    users: new Set(users.map(({ email }) => email)),
  };
}
