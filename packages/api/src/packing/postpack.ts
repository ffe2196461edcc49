import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT_MANIFEST } from './client-manifest.ts';

/** Leaves the folder as it was before prepack.ts. */
const folder = join(import.meta.dirname, '../..');
const kept = join(folder, KEPT_MANIFEST);
if (existsSync(kept)) renameSync(kept, join(folder, 'package.json'));
rmSync(join(folder, 'dist'), { recursive: true, force: true });
