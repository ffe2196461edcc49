import { schema } from '@tollgate/db';
import { inArray, sql } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { SETTING_NAMES, type SettingName, type Settings } from './setting-schemas.ts';

const { settings } = schema;

export interface SettingChanges {
  set: Partial<Settings>;
  /** These go by the configuration again; a setting that is in both is unset. */
  unset: readonly SettingName[];
}

export async function writeSettings(change: Change, { set, unset }: SettingChanges): Promise<void> {
  const rows = SETTING_NAMES.flatMap((name) => {
    const value = set[name];
    return value === undefined || unset.includes(name) ? [] : [{ name, value, updatedAt: change.now }];
  });
  if (rows.length > 0) await upsert(change, rows);
  if (unset.length > 0) await change.tx.delete(settings).where(inArray(settings.name, unset));
  if (rows.length > 0 || unset.length > 0) change.audit('settings.update', 'settings', { set, unset });
}

/** JSON null is a value here: all are kept. Drizzle would write SQL's NULL. */
async function upsert(
  { tx }: Change,
  rows: readonly { name: string; value: number | null; updatedAt: Date }[],
): Promise<void> {
  const values = rows.map((row) => Object.assign(row, { value: sql`${JSON.stringify(row.value)}::jsonb` }));
  await tx
    .insert(settings)
    .values(values)
    .onConflictDoUpdate({
      target: settings.name,
      set: { value: sql`excluded.value`, updatedAt: sql`excluded.updated_at` },
    });
}
