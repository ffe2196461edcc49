import { schema, type Database, type Transaction } from '@tollgate/db';
import { inArray, or } from 'drizzle-orm';
import { loadAccounts, type StoredAccount } from '../accounts/load-accounts.ts';
import { loadKeys, type StoredKey } from '../keys/load-keys.ts';
import { loadOverrides } from '../overrides/load-overrides.ts';
import type { Override } from '../overrides/override-schemas.ts';
import { mapUser } from '../users/map-user.ts';
import type { User } from '../users/user-schemas.ts';
import { hashConfigKey } from './key-secret.ts';
import type { PlacedConfig } from './placed-config.ts';
import { buildOpeningLedgerId } from './plan-users.ts';

/** Accounts of the file, by name. */
export async function loadAccountsByName(
  db: Database | Transaction,
  config: PlacedConfig,
): Promise<Map<string, StoredAccount>> {
  const names = config.accounts.map(({ entry }) => entry.name);
  if (names.length === 0) return new Map();
  const stored = await loadAccounts(db, inArray(schema.accounts.name, names));
  return new Map(stored.map((found) => [found.account.name, found]));
}

/** By e-mail: users of the file, owners of its subscriptions, keys and overrides. */
export async function loadUsers(
  db: Database | Transaction,
  config: PlacedConfig,
): Promise<Map<string, User>> {
  const emails = [
    ...config.users.map(({ entry }) => entry.email),
    ...config.subscriptions.map(({ entry }) => entry.user),
    ...config.keys.map(({ entry }) => entry.user),
    ...config.rpm_overrides.map(({ entry }) => entry.user),
  ];
  if (emails.length === 0) return new Map();
  const rows = await db.select().from(schema.users).where(inArray(schema.users.email, emails));
  return new Map(rows.map((row) => [row.email, mapUser(row)]));
}

/** User id → opening balance in USD. */
export async function loadOpenings(
  db: Database | Transaction,
  users: readonly User[],
): Promise<Map<string, string>> {
  const ids = users.map((user) => buildOpeningLedgerId(user.id));
  if (ids.length === 0) return new Map();
  const { ledger } = schema;
  const rows = await db
    .select({ userId: ledger.userId, amount: ledger.amount })
    .from(ledger)
    .where(inArray(ledger.id, ids));
  return new Map(rows.map(({ userId, amount }) => [userId, amount]));
}

export async function loadKeysOf(
  db: Database | Transaction,
  config: PlacedConfig,
  users: ReadonlyMap<string, User>,
): Promise<StoredKey[]> {
  if (config.keys.length === 0) return [];
  const { keys } = schema;
  const hashes = config.keys.flatMap(({ entry }) => hashConfigKey(entry) ?? []);
  const owners = config.keys.flatMap(({ entry }) => users.get(entry.user)?.id ?? []);
  const names = config.keys.map(({ entry }) => entry.name);
  const owned = owners.length > 0 ? inArray(keys.userId, owners) : undefined;
  const hashed = hashes.length > 0 ? inArray(keys.hash, hashes) : undefined;
  // Neither known owners nor keys: without a condition these would be all.
  if (!hashed && !owned) return [];
  const stored = await loadKeys(db, or(hashed, owned));
  // An owner may have many more keys than the file names.
  const wanted = new Set(names);
  const hashSet = new Set(hashes);
  return stored.filter(({ key, hash }) => wanted.has(key.name) || hashSet.has(hash));
}

export async function loadOverridesOf(
  db: Database | Transaction,
  config: PlacedConfig,
  users: ReadonlyMap<string, User>,
): Promise<Override[]> {
  const ids = config.rpm_overrides.flatMap(({ entry }) => users.get(entry.user)?.id ?? []);
  if (ids.length === 0) return [];
  return loadOverrides(db, inArray(schema.rpmOverrides.userId, [...new Set(ids)]));
}
