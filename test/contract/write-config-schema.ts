import { writeFileSync } from 'node:fs';
import { buildConfigJsonSchema } from '@tollgate/api/server';

const page = new URL('../../docs/config.schema.json', import.meta.url);
writeFileSync(page, `${JSON.stringify(buildConfigJsonSchema(), null, 2)}\n`);
