/** The repository's own manifest while the other one is packed. */
export const KEPT_MANIFEST = 'package.json.kept';

/** What a client needs at run time, and for its types. */
const CLIENT_DEPENDENCIES = ['@trpc/client', '@trpc/server'];

interface Manifest {
  name: string;
  version: string;
  license: string;
  dependencies: Record<string, string>;
}

/** The manifest under which the client is published, from the one of the sources. */
export function buildClientManifest(text: string): string {
  const { name, version, license, dependencies } = JSON.parse(text) as Manifest;
  const manifest = {
    name,
    version,
    description: 'Typed client of the Tollgate control plane.',
    license,
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    engines: { node: '>=20' },
    dependencies: Object.fromEntries(CLIENT_DEPENDENCIES.map((one) => [one, dependencies[one]])),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
