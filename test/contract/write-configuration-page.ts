import { writeFileSync } from 'node:fs';
import { renderConfigurationPage } from './render-configuration-page.ts';

writeFileSync(new URL('../../docs/configuration.md', import.meta.url), renderConfigurationPage());
