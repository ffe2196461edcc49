import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../change/run-change.ts';
import type { StoredKey } from '../keys/load-keys.ts';
import {
  buildKeySecret,
  insertStoredKey,
  selectKeyChanges,
  updateKey,
  type StoredKeyPatch,
} from '../keys/write-key.ts';
import type { ConfigKey } from './config-schema.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { getReference } from './get-reference.ts';
import { hashConfigKey, selectKeySecret } from './key-secret.ts';
import type { Placed } from './placed-config.ts';
import {
  buildCreateStep,
  buildUpdateStep,
  type PlanStep,
  type References,
  type SectionPlan,
} from './plan.ts';

/** `existing`: all keys that have an owner, name or hash of the file. */
export function planKeys(entries: readonly Placed<ConfigKey>[], existing: readonly StoredKey[]): SectionPlan {
  const byName = new Map(existing.map((stored) => [nameKey(stored.key.userEmail, stored.key.name), stored]));
  const byHash = new Map(existing.map((stored) => [stored.hash, stored]));
  const plan: SectionPlan = { steps: [], problems: [] };
  for (const { index, entry } of entries) {
    const current = byName.get(nameKey(entry.user, entry.name));
    const hash = hashConfigKey(entry);
    const holder = hash === null ? undefined : byHash.get(hash);
    if (hash === null && !current) {
      plan.problems.push({ path: `keys[${index}].key`, message: 'required for a new key' });
    }
    if (holder && holder !== current) {
      plan.problems.push({ path: `keys[${index}].key`, message: 'is taken already by another key' });
    }
    plan.steps.push(current ? planUpdate(entry, current) : planCreate(entry));
  }
  return plan;
}

function nameKey(user: string, name: string): string {
  return `${user}/${name}`;
}

function planCreate(entry: ConfigKey): PlanStep {
  const { user, name, groups } = entry;
  return buildCreateStep('key', nameKey(user, name), async (change, references) => {
    const userId = getReference(references.users, user);
    const groupIds = groups.map((group) => getReference(references.groups, group));
    const key = selectKeySecret(entry);
    if (key === undefined) throw new Error('a new key without a key is a problem of the plan');
    await insertStoredKey(change, { userId, name, groupIds, ...mapSettings(entry) }, buildKeySecret(key));
  });
}

function planUpdate(entry: ConfigKey, current: StoredKey): PlanStep {
  const settings = dropAbsent({ ...mapSettings(entry), key: selectKeySecret(entry) }) as StoredKeyPatch;
  const before = { ...current.key, groups: current.key.groups.map((group) => group.name) };
  const isSameGroups = isDeepStrictEqual(entry.groups, before.groups);
  const changes = {
    ...selectKeyChanges(current, settings),
    ...(isSameGroups ? {} : { groups: entry.groups }),
  };
  return buildUpdateStep(
    'key',
    nameKey(entry.user, entry.name),
    before,
    changes,
    async (change: Change, references: References) => {
      const groupIds = entry.groups.map((group) => getReference(references.groups, group));
      await updateKey(change, current, { ...settings, groupIds });
    },
  );
}

function mapSettings(entry: ConfigKey): StoredKeyPatch {
  return dropAbsent({
    status: entry.status,
    expiresAt: entry.expires_at,
    ipAllow: entry.ip_allow,
    ipDeny: entry.ip_deny,
    rpm: entry.rpm,
    tpm: entry.tpm,
    concurrency: entry.concurrency,
    quota: entry.quota,
    limit5h: entry.limit_5h,
    limit1d: entry.limit_1d,
    limit7d: entry.limit_7d,
  });
}
