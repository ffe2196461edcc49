import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../bin/tollgate.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../../tollgate.example.yaml', import.meta.url));
/** Has the process tell at its end, on stderr, which files it has loaded. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
const urls = [];
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
process.on('exit', () => console.error('loaded=' + JSON.stringify(urls)));
`)}`;
/** Without settings, so that what runs for ever ends at once: by then it is loaded. */
const { PATH = '', HOME = '/', NODE_COMPILE_CACHE = '' } = process.env;
const env = { PATH, HOME, NODE_COMPILE_CACHE };
const TIMEOUT_MS = 240_000;

function listLoaded(args: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', TELL, ENTRY, ...args], { env }, (_fault, _stdout, stderr) =>
      resolve(JSON.parse(/^loaded=(.*)$/m.exec(stderr)?.[1] ?? '[]') as string[]),
    );
  });
}

/** `apps/gateway`, `packages/db`, …: whose sources are among them. */
function listWorkspaces(urls: readonly string[]): string[] {
  const found = urls.flatMap((url) => /\/((?:apps|packages)\/[\w-]+)\/src\//.exec(url)?.[1] ?? []);
  return [...new Set(found)].toSorted();
}

it.each([
  ['help', ['--help']],
  [
    'a question to the control plane',
    ['user', 'show', 'u@example.com', '--url', 'http://127.0.0.1:1', '--token', 't'],
  ],
  ['apply', ['apply', EXAMPLE, '--url', 'http://127.0.0.1:1', '--token', 't']],
  ['a wrong call', ['fly']],
])(
  '%s loads the client, and neither plane, database nor SDK',
  { timeout: TIMEOUT_MS },
  async (_name, args) => {
    const urls = await listLoaded(args);
    expect(listWorkspaces(urls)).toEqual(['apps/cli', 'packages/api', 'packages/core']);
    expect(urls.filter((url) => /\/packages\/api\/src\/(?:server|router)\.ts$/.test(url))).toEqual([]);
    expect(urls.filter((url) => /\/node_modules\/(?:@anthropic-ai|drizzle-orm|undici)\//.test(url))).toEqual(
      [],
    );
  },
);

it.each([
  ['gateway', 'apps/gateway', 'apps/control'],
  ['control', 'apps/control', 'apps/gateway'],
])('%s loads %s, and not %s, the simulator or an SDK', { timeout: TIMEOUT_MS }, async (...row) => {
  const [command, own, other] = row;
  const urls = await listLoaded([command]);
  const workspaces = listWorkspaces(urls);
  expect(workspaces).toContain(own);
  for (const name of [other, 'packages/testkit']) expect(workspaces).not.toContain(name);
  expect(urls.filter((url) => url.includes('/node_modules/@anthropic-ai/'))).toEqual([]);
});
