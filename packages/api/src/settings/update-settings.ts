import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadSettings } from './load-settings.ts';
import { settingFields, settingNameField, SETTING_NAMES, settingsOutputSchema } from './setting-schemas.ts';
import { writeSettings } from './write-settings.ts';

const inputSchema = z.strictObject({
  /** Only what is given changes. */
  set: z.strictObject(settingFields).partial().prefault({}),
  /** These go by the configuration again. */
  unset: z.array(settingNameField).max(SETTING_NAMES.length).prefault([]),
});

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
