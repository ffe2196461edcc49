import { schema } from '@tollgate/db';
import { inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange, type Change } from '../change/run-change.ts';
import { loadSettings } from './load-settings.ts';
import { settingFields, settingNameField, SETTING_NAMES, settingsOutputSchema } from './setting-schemas.ts';

const inputSchema = z.strictObject({
  /** Only what is given changes. */
  set: z.strictObject(settingFields).partial().prefault({}),
  /** These go by the configuration again. */
  unset: z.array(settingNameField).max(SETTING_NAMES.length).prefault([]),
});
type Input = z.infer<typeof inputSchema>;

const { settings } = schema;

/** In force with the next round of whatever asks for them, on every control plane. What is set and unset at once is unset. */
export const updateSettings = adminProcedure
  .input(inputSchema)
  .output(settingsOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await writeSettings(change, input);
      return loadSettings(change.tx, ctx.services.settingDefaults);
    }),
  );

async function writeSettings(change: Change, { set, unset }: Input): Promise<void> {
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
