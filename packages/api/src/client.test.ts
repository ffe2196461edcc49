import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const ENTRY = new URL('./index.ts', import.meta.url).href;

/** Every module that a fresh process loads for `import '@tollgate/api'`. */
const LIST_MODULES = `
import { registerHooks } from 'node:module';
const urls = [];
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
const api = await import(${JSON.stringify(ENTRY)});
console.log(JSON.stringify({ urls, names: Object.keys(api) }));
`;

it('[CTL-1] importing the client loads no server code', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', LIST_MODULES], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const { urls, names } = JSON.parse(stdout) as { urls: string[]; names: string[] };
  expect(names).toEqual(['createTollgateClient']);
  const own = urls.filter((url) => url.includes('/packages/') && !url.includes('/node_modules/'));
  expect(own.map((url) => url.slice(url.lastIndexOf('/') + 1))).toEqual(['index.ts', 'client.ts']);
  // @trpc/client shares a few files with @trpc/server; nothing else of node_modules may come in.
  const foreign = urls.filter((url) => url.startsWith('file:') && url.includes('/node_modules/'));
  expect(foreign.length).toBeGreaterThan(0);
  expect(foreign.filter((url) => !url.includes('/node_modules/@trpc/'))).toEqual([]);
});
