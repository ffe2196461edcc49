import { writeFileSync } from 'node:fs';
import { renderProtocolsPage } from './render-protocols-page.ts';

writeFileSync(new URL('../../docs/protocols.md', import.meta.url), renderProtocolsPage());
