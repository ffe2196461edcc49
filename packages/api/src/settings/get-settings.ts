import { adminProcedure } from '../base/procedures.ts';
import { loadSettings } from './load-settings.ts';
import { settingsOutputSchema } from './setting-schemas.ts';

export const getSettings = adminProcedure
  .output(settingsOutputSchema)
  .query(({ ctx: { services } }) => loadSettings(services.db, services.settingDefaults));
