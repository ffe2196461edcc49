import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildClient } from './build-client.ts';
import { buildClientManifest, KEPT_MANIFEST } from './client-manifest.ts';

/**
 * `npm pack` calls this before it reads the folder: what goes out is the compiled client under a manifest of its own.
 * In this repository the package is its TypeScript sources, so postpack.ts puts the manifest back.
 */
const folder = join(import.meta.dirname, '../..');
const manifest = join(folder, 'package.json');
const kept = join(folder, KEPT_MANIFEST);
// A pack that was killed half-way has left its own manifest behind.
if (existsSync(kept)) renameSync(kept, manifest);
buildClient(folder);
const text = readFileSync(manifest, 'utf8');
writeFileSync(kept, text);
writeFileSync(manifest, buildClientManifest(text));
