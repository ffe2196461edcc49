import { schema, type Database, type Transaction } from '@tollgate/db';
import { settingFields, SETTING_NAMES, type Settings, type SettingsOutput } from './setting-schemas.ts';

/**
 * What holds now. A stored value that this version does not take (a newer one wrote it) counts as not set: the
 * configuration's default holds.
 */
export async function loadSettings(db: Database | Transaction, defaults: Settings): Promise<SettingsOutput> {
  const rows = await db.select().from(schema.settings);
  const stored = new Map(rows.map(({ name, value }) => [name, value]));
  const values: Settings = { ...defaults };
  const set = SETTING_NAMES.filter((name) => {
    const parsed = settingFields[name].safeParse(stored.has(name) ? stored.get(name) : undefined);
    if (parsed.success) values[name] = parsed.data;
    return parsed.success;
  });
  return { values, defaults, set };
}
