import type { AccountId, UserId } from '@tollgate/core';
import { schema, type Database } from '@tollgate/db';
import { asc, gt } from 'drizzle-orm';
import { z } from 'zod';
import type { ApiServices } from '../base/context.ts';
import { buildPage } from '../fields/page-fields.ts';
import type { LiveHolder } from './live-store.ts';
import { requireLiveStore } from './require-live-store.ts';

const { accounts, users } = schema;

export const holderKindField = z.enum(['user', 'account']);

export const slotsSchema = z.strictObject({
  kind: holderKindField,
  id: z.string(),
  /** E-mail address, or name of the account. */
  name: z.string(),
  running: z.int(),
  waiting: z.int(),
  /** 0 = no limit. */
  max: z.int(),
});

interface SlotsPage {
  kind: 'user' | 'account';
  limit: number;
  cursor?: string | null | undefined;
}

type HolderRow = Pick<z.infer<typeof slotsSchema>, 'id' | 'name' | 'max'>;

export async function loadSlots(services: ApiServices, { kind, limit, cursor }: SlotsPage) {
  const live = requireLiveStore(services);
  const load = kind === 'user' ? loadUserRows : loadAccountRows;
  const page = buildPage(
    await load(services.db, cursor ?? '', limit + 1),
    limit,
    (row) => row,
    (row) => row.id,
  );
  const loads = await live.readLoad(page.items.map(({ id }) => buildHolder(kind, id)));
  return {
    ...page,
    items: page.items.map(({ id, name, max }, index) => {
      const { running = 0, waiting = 0 } = loads[index] ?? {};
      return { kind, id, name, running, waiting, max };
    }),
  };
}

function buildHolder(kind: 'user' | 'account', id: string): LiveHolder {
  return kind === 'user' ? { kind, userId: id as UserId } : { kind, accountId: id as AccountId };
}

function loadUserRows(db: Database, cursor: string, limit: number): Promise<HolderRow[]> {
  return db
    .select({ id: users.id, name: users.email, max: users.concurrency })
    .from(users)
    .where(gt(users.id, cursor))
    .orderBy(asc(users.id))
    .limit(limit);
}

function loadAccountRows(db: Database, cursor: string, limit: number): Promise<HolderRow[]> {
  return db
    .select({ id: accounts.id, name: accounts.name, max: accounts.concurrency })
    .from(accounts)
    .where(gt(accounts.id, cursor))
    .orderBy(asc(accounts.id))
    .limit(limit);
}
