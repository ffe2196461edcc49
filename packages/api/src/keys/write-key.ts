import { buildKeyPrefix, generateApiKey, hashKey, schema } from '@tollgate/db';
import { eq, inArray } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { selectChanges } from '../change/select-changes.ts';
import { normaliseSpendLimit } from '../fields/number-fields.ts';
import { normaliseInstant } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import type { KeyCreate, KeyPatch } from './key-schemas.ts';
import { loadKey, type StoredKey } from './load-keys.ts';

const { groups, keyGroups, keys } = schema;

/** A patch as the config file may give it: with another key for the same name. */
export type StoredKeyPatch = KeyPatch & { key?: string | KeySecret };

/** All that is stored of a key. */
export interface KeySecret {
  /** SHA-256, hex. */
  hash: string;
  /** For display. */
  prefix: string;
}

export async function insertKey(
  change: Change,
  fields: KeyCreate,
): Promise<{ stored: StoredKey; plainKey: string }> {
  const { key: plainKey = generateApiKey(), ...settings } = fields;
  return { stored: await insertStoredKey(change, settings, buildKeySecret(plainKey)), plainKey };
}

/** A key of which only the hash is known. */
export async function insertStoredKey(
  change: Change,
  fields: Omit<KeyCreate, 'key'>,
  { hash, prefix }: KeySecret,
): Promise<StoredKey> {
  const { groupIds, expiresAt, ...settings } = fields;
  const columns = { ...settings, ...normaliseLimits(settings) };
  const id = change.createId('key');
  await requireGroups(change, groupIds);
  const stamps = { createdAt: change.now, updatedAt: change.now };
  await change.tx
    .insert(keys)
    .values({ id, ...columns, hash, prefix, ...stamps, expiresAt: mapInstant(expiresAt) });
  await writeLinks(change, id, groupIds);
  change.audit('key.create', id, { ...columns, prefix, groupIds, expiresAt });
  // Also for a new key: nodes may remember its hash as unknown.
  change.invalidate({ scope: 'key', keyHash: hash });
  return loadKey(change.tx, id);
}

export function buildKeySecret(key: string | KeySecret): KeySecret {
  return typeof key === 'string' ? { hash: hashKey(key), prefix: buildKeyPrefix(key) } : key;
}

/** What the patch would change; `key` is there when it is another key. */
export function selectKeyChanges(current: StoredKey, patch: StoredKeyPatch): StoredKeyPatch {
  const { key, ...fields } = patch;
  const shown = { ...current.key, groupIds: current.key.groups.map((group) => group.id) };
  const expiresAt = normaliseInstant(patch.expiresAt);
  const changes: StoredKeyPatch = selectChanges<KeyPatch>(shown, {
    ...fields,
    ...normaliseLimits(fields),
    expiresAt,
  });
  if (key !== undefined && buildKeySecret(key).hash !== current.hash) changes.key = key;
  return changes;
}

/** Writes only what differs. */
export async function updateKey(
  change: Change,
  current: StoredKey,
  patch: StoredKeyPatch,
): Promise<StoredKey> {
  const changes = selectKeyChanges(current, patch);
  if (Object.keys(changes).length === 0) return current;
  const { groupIds, key, expiresAt, ...columns } = changes;
  const { id } = current.key;
  if (groupIds) {
    await requireGroups(change, groupIds);
    await change.tx.delete(keyGroups).where(eq(keyGroups.keyId, id));
    await writeLinks(change, id, groupIds);
  }
  const secret = key === undefined ? null : buildKeySecret(key);
  await change.tx
    .update(keys)
    .set({ ...columns, ...secret, expiresAt: mapInstant(expiresAt), updatedAt: change.now })
    .where(eq(keys.id, id));
  const { key: _key, ...shown } = changes;
  change.audit('key.update', id, secret ? { ...shown, prefix: secret.prefix } : shown);
  change.invalidate({ scope: 'key', keyHash: current.hash });
  if (secret) change.invalidate({ scope: 'key', keyHash: secret.hash });
  return loadKey(change.tx, id);
}

export async function removeKey(change: Change, { key, hash }: StoredKey): Promise<void> {
  await change.tx.delete(keys).where(eq(keys.id, key.id));
  change.audit('key.delete', key.id, { name: key.name, prefix: key.prefix, userId: key.userId });
  change.invalidate({ scope: 'key', keyHash: hash });
}

/** LIM-9, in the form in which rows are shown; undefined = not asked for. */
function normaliseLimits(patch: KeyPatch) {
  return {
    quota: normaliseSpendLimit(patch.quota),
    limit5h: normaliseSpendLimit(patch.limit5h),
    limit1d: normaliseSpendLimit(patch.limit1d),
    limit7d: normaliseSpendLimit(patch.limit7d),
  };
}

/** undefined = not asked for (drizzle leaves the column alone). */
function mapInstant(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}

async function writeLinks(change: Change, keyId: string, groupIds: readonly string[]): Promise<void> {
  await change.tx
    .insert(keyGroups)
    .values(groupIds.map((groupId, position) => ({ keyId, groupId, position })));
}

async function requireGroups(change: Change, groupIds: readonly string[]): Promise<void> {
  const found = await change.tx
    .select({ id: groups.id })
    .from(groups)
    .where(inArray(groups.id, [...groupIds]));
  const known = new Set(found.map((group) => group.id));
  const missing = groupIds.find((id) => !known.has(id));
  if (missing !== undefined) throw buildProblem('not-found', 'groupIds', `no such group: ${missing}`);
}
