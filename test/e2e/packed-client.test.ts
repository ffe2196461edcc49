import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTollgate, type TollgateProcess } from '../harness/tollgate-process.ts';

const runFile = promisify(execFile);
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const TYPESCRIPT = JSON.parse(
  readFileSync(join(checkout, 'node_modules/typescript/package.json'), 'utf8'),
) as { version: string };
const LIMIT_MS = 300_000;

const PROGRAM = `
import { createTollgateClient, type AppRouter, type RouterInputs, type RouterOutputs, type TollgateClient } from '@tollgate/api';
const client: TollgateClient = createTollgateClient({ url: process.argv[2] ?? '', token: process.argv[3] ?? '' });
const wanted: RouterInputs['groups']['create'] = { name: 'from outside', platform: 'openai', rpm: 7 };
const made: RouterOutputs['groups']['create'] = await client.groups.create.mutate(wanted);
const platform: 'anthropic' | 'openai' | 'gemini' | 'antigravity' = made.platform;
const { items, nextCursor } = await client.groups.list.query({ limit: 5 });
const names: string[] = items.map((group) => group.name);
const refused: unknown = await client.groups.get.query({ name: 'nobody' }).catch((fault: unknown) => fault);
export type Version = AppRouter['health'];
console.log(JSON.stringify({ platform, rpm: made.rpm, names, nextCursor, refused: String(refused) }));
`;
/** Line → what a user of the types must not get away with. */
const WRONG = [
  `import { createTollgateClient, type RouterOutputs } from '@tollgate/api';`,
  `const client = createTollgateClient({ url: '' });`,
  `await client.groups.create.mutate({ name: 'g', platform: 'nobody' });`,
  `await client.groups.create.mutate({ name: 'g' });`,
  `await client.groups.make.mutate({});`,
  `const rpm: string = (await client.groups.get.query({ name: 'g' })).rpm;`,
  `export type Lost = RouterOutputs['groups']['lost'];`,
  `client.health.get.mutate();`,
];

let folder: string;
let project: string;
let server: TollgateProcess;

/** A copy of the package: in the checkout itself other tests import it meanwhile. */
async function packClient(): Promise<string> {
  const copy = join(folder, 'checkout', 'packages', 'api');
  mkdirSync(copy, { recursive: true });
  for (const name of ['package.json', 'README.md', 'src']) {
    cpSync(join(checkout, 'packages', 'api', name), join(copy, name), { recursive: true });
  }
  cpSync(join(checkout, 'tsconfig.json'), join(folder, 'checkout', 'tsconfig.json'));
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'checkout', 'node_modules'));
  const before = readdirSync(copy).toSorted();
  const manifest = readFileSync(join(copy, 'package.json'), 'utf8');
  // One that was killed half-way has left its own manifest in place of the other.
  renameSync(join(copy, 'package.json'), join(copy, 'package.json.kept'));
  writeFileSync(join(copy, 'package.json'), manifest.replace('"private": true,', '"private": false,'));
  await runFile('npm', ['pack', '--pack-destination', folder], { cwd: copy });
  // Packing leaves nothing behind.
  expect(readdirSync(copy).toSorted()).toEqual(before);
  expect(readFileSync(join(copy, 'package.json'), 'utf8')).toBe(manifest);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'nothing');
}

function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What the compiler says, a line each. */
async function compile(file: string): Promise<string[]> {
  const args = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    'node',
    file,
  ];
  const tsc = join(project, 'node_modules', '.bin', 'tsc');
  const { stdout } = await runFile(tsc, args, { cwd: project }).catch((fault: { stdout: string }) => fault);
  return stdout.split('\n').filter((line) => line.startsWith(file));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-packed-'));
  project = join(folder, 'project');
  mkdirSync(project);
  const tarball = await packClient();
  writeFileSync(join(project, 'package.json'), '{ "name": "outside", "private": true, "type": "module" }');
  const packages = [tarball, `typescript@${TYPESCRIPT.version}`, '@types/node@24.19.2'];
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
  await runFile('npm', ['install', ...quiet, ...packages], { cwd: project });
  const env = { TOLLGATE_DATA_DIR: join(folder, 'data'), TOLLGATE_LOG_LEVEL: 'warn' };
  server = await startTollgate(['up', '--gateway-port', '0', '--control-port', '0'], env);
}, LIMIT_MS);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('@tollgate/api, packed and installed elsewhere', () => {
  it('[CTL-1] compiles with full types, and calls a running server', { timeout: LIMIT_MS }, async () => {
    writeFileSync(join(project, 'program.ts'), PROGRAM);
    expect(await compile('program.ts')).toEqual([]);
    const args = ['program.ts', server.ready['control'] ?? '', server.ready['admin_token'] ?? ''];
    const { stdout } = await runFile(process.execPath, args, { cwd: project });
    expect(JSON.parse(stdout)).toEqual({
      platform: 'openai',
      rpm: 7,
      names: ['from outside'],
      nextCursor: null,
      refused: 'TRPCClientError: no such group: nobody',
    });
  });

  it('[CTL-1] wrong names, inputs and outputs do not compile', { timeout: LIMIT_MS }, async () => {
    writeFileSync(join(project, 'wrong.ts'), WRONG.join('\n'));
    const lines = new Set((await compile('wrong.ts')).map((line) => /^wrong\.ts\((\d+),/.exec(line)?.[1]));
    expect([...lines]).toEqual(['3', '4', '5', '6', '7', '8']);
  });

  it('[CTL-1] has no code of the server, and nothing that only a server needs was installed', () => {
    const installed = join(project, 'node_modules', '@tollgate', 'api');
    const files = listFiles(installed).map((path) => path.slice(installed.length + 1));
    expect(files.toSorted()).toEqual([
      'README.md',
      'dist/client.d.ts',
      'dist/client.js',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/router.d.ts',
      'package.json',
    ]);
    const text = files.map((path) => readFileSync(join(installed, path), 'utf8')).join('\n');
    expect(text).not.toMatch(/drizzle|postgres|node:|@tollgate\/(?!api\b)|zod|pgTable|sealedCredentials/i);
    const packages = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(packages.toSorted()).toEqual([
      '@tollgate',
      '@trpc',
      '@types',
      '@typescript',
      'typescript',
      'undici-types',
    ]);
  });
});
