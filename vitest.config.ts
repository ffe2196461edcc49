import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Official SDKs and CLIs: `npm run test:clients`, as the CLIs are downloaded on first use. */
const CLIENT_TESTS = ['test/sdk/**/*.test.ts', 'test/cli/**/*.test.ts'];
const PATIENCE = './test/harness/patient-waits.ts';
/**
 * In CI a test that fails is tried once more, and told of (decision 0024). Not what a random search has found: with the
 * next seed it would only not be found again.
 */
const SECOND_TRY = { count: 1, condition: /^(?!Property (failed|interrupted))/ };
/**
 * What Node makes of a module is kept for all processes of the tests, workers and programs alike: some hundreds of starts
 * take half the processor time each. Node checks every entry against the source.
 */
const COMPILED = fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));
const shared = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 30_000 } },
  setupFiles: [PATIENCE],
  retry: process.env['CI'] ? SECOND_TRY : 0,
};

export default defineConfig({
  test: {
    globalSetup: ['packages/testkit/src/servers/global-setup.ts'],
    reporters: ['default', './test/closing-line.ts'],
    pool: 'forks',
    maxWorkers: 2,
    env: { NODE_COMPILE_CACHE: COMPILED },
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: ['apps/*/src/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'system',
          globalSetup: ['test/harness/find-browser.ts'],
          include: ['test/**/*.test.ts'],
          exclude: CLIENT_TESTS,
          setupFiles: [PATIENCE, './test/harness/kill-left-overs.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'clients',
          include: CLIENT_TESTS,
          setupFiles: [PATIENCE, './test/harness/kill-left-overs.ts'],
        },
      },
    ],
  },
});
