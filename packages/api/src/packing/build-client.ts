import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { bundleRouterTypes } from './bundle-router-types.ts';

const SOURCES = ['index', 'client'] as const;

/**
 * Writes the compiled client into `<folder>/dist`: JavaScript and declarations of the package's main export, with the
 * router's types in them and none of its code. `folder` is this package's.
 */
export function buildClient(folder: string): void {
  const source = join(realpathSync(folder), 'src');
  const dist = join(folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const declarations = emitDeclarations(source);
  for (const name of SOURCES) {
    const code = stripTypeScriptTypes(readFileSync(join(source, `${name}.ts`), 'utf8'));
    writeFileSync(join(dist, `${name}.js`), nameCompiled(code));
    writeFileSync(join(dist, `${name}.d.ts`), nameCompiled(declarations.read(`${name}.d.ts`)));
  }
  writeFileSync(join(dist, 'router.d.ts'), bundleRouterTypes(declarations.read('router.d.ts')));
  declarations.drop();
}

/** The compiler's, for all that the main export leads to. */
function emitDeclarations(source: string): { read(name: string): string; drop(): void } {
  const out = mkdtempSync(join(tmpdir(), 'tollgate-declarations-'));
  const { root } = parse(source);
  const project = join(out, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: out,
    // Workspaces lie beside this one, wherever that is.
    rootDir: root,
    typeRoots: [join(source, '../../../node_modules/@types')],
  };
  const files = [join(source, 'index.ts')];
  const base = join(source, '../../../tsconfig.json');
  writeFileSync(project, JSON.stringify({ extends: base, compilerOptions, include: [], files }));
  execFileSync(process.execPath, [findCompiler(), '-p', project], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return {
    read: (name) => readFileSync(join(out, source.slice(root.length), name), 'utf8'),
    drop: () => rmSync(out, { recursive: true, force: true }),
  };
}

function findCompiler(): string {
  return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
}

/** `./client.ts` → `./client.js` */
function nameCompiled(text: string): string {
  return text.replaceAll(/(['"])(\.\/[\w-]+)\.ts\1/g, '$1$2.js$1');
}
