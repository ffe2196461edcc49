import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createTollgateClient } from '@tollgate/api';
import type { LiveNode, LiveStore } from '@tollgate/api/server';
import {
  ensureFirstAdminToken,
  parseControlConfig,
  startControl,
  type RunningControl,
} from '@tollgate/control';
import { picoUsd, silentLogger, type AccountId } from '@tollgate/core';
import { openDatabase, parseSecretKey, type Database } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../../bin/tollgate.js', import.meta.url));
const TOKEN = 'tga_test_0123456789abcdef';
const CONFIG = `
groups: [{ name: main, platform: openai, rpm: 60 }]
accounts:
  - { name: one, platform: openai, kind: api-key, credentials: { api_key: x }, groups: [main] }
  - { name: two, platform: openai, kind: api-key, credentials: { api_key: x }, groups: [main] }
users: [{ email: u@example.com, rpm: 10 }]
keys: [{ user: u@example.com, name: k, groups: [main], key: sk-test-0123456789abcdef }]
rpm_overrides: [{ user: u@example.com, group: main, rpm: 90 }]
`;

let database: TestDatabase;
let db: Database;
let control: RunningControl;
/** The account that a state stands against. */
let blocked = '' as AccountId;
const cleared: unknown[] = [];

const nodes: LiveNode[] = [];

const live: LiveStore = {
  readWindows: async (windows) => windows.map(({ limit }) => ({ used: limit / 10, resetMs: 1_200 })),
  readLoad: async (holders) => holders.map(() => ({ running: 0, waiting: 0 })),
  listAccountStates: async () => [
    {
      accountId: blocked,
      upstreamModel: 'gpt-x',
      kind: 'breaker-open',
      reason: '5 of 6 requests failed',
      sinceMs: 0,
      untilMs: 60_000,
      isProbing: true,
    },
  ],
  clearAccountState: async (...args) => void cleared.push(args),
  listStickyBindings: async () => ({ bindings: [], cursor: null }),
  clearSticky: async () => 0,
  countSessions: async (ids) => ids.map(() => 2),
  readWindowCosts: async (ids) =>
    ids.map((id) => (id === blocked ? { startMs: 0, endMs: 1, spent: picoUsd(1_500_000_000_000n) } : null)),
  listUpstreamWindows: async (ids) => ids.map(() => []),
  clearTokenQuota: async () => {},
  listNodes: async () => ({ number: 7, nodes }),
};

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 4 });
  await ensureFirstAdminToken(db, { given: TOKEN });
  control = await startControl({
    config: {
      host: '127.0.0.1',
      port: 0,
      bodyBytesMax: 100_000,
      oauthClients: parseControlConfig({}).oauthClients,
      usageMonthsKept: null,
    },
    db,
    secretKey: parseSecretKey(randomBytes(32).toString('base64')),
    logger: silentLogger,
    outboundAllow: [],
    publish: async () => 7,
    live,
  });
  await control.apply(CONFIG);
  const client = createTollgateClient({ url: control.url, token: TOKEN });
  blocked = (await client.accounts.get.query({ name: 'two' })).id as AccountId;
});
afterAll(async () => {
  await control.close();
  await db.close();
  await database.drop();
});

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '', TOLLGATE_TOKEN: TOKEN, TOLLGATE_URL: control.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, ...args], { env }, (fault, stdout, stderr) => {
      resolve({ code: fault ? Number(fault.code) : 0, stdout, stderr });
    });
  });
}

describe('tollgate account, tollgate user limits', () => {
  it('[ACC-4] account states shows each account with its states, or that it is ok', async () => {
    const { stdout } = await run('account', 'states');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^account +model +state +until +sessions +window_cost_usd +reason$/),
      expect.stringMatching(/^one +- +ok +- +2 +- +-$/),
      expect.stringMatching(
        /^two +gpt-x +breaker-open \(probing\) +1970-01-01T00:01:00.000Z +2 +1\.5 +5 of 6 requests failed$/,
      ),
    ]);
    expect(JSON.parse((await run('account', 'states', '--json')).stdout)).toMatchObject([
      { name: 'one', states: [] },
      { name: 'two', states: [{ kind: 'breaker-open' }] },
    ]);
  });

  it('[ACC-4] account clear takes a name, and a model where one is given', async () => {
    expect((await run('account', 'clear', 'two')).stdout).toBe('account two is clear\n');
    expect((await run('account', 'clear', 'two', '--model', 'gpt-x')).code).toBe(0);
    expect(cleared).toEqual([
      [blocked, undefined],
      [blocked, 'gpt-x'],
    ]);
    const unknown = await run('account', 'clear', 'three');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('no such account: three');
  });

  it('[LIM-3] user limits shows present use against each limit', async () => {
    const { stdout } = await run('user', 'limits', 'U@example.com');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^limit_of +name +unit +used +limit +override +resets_in_s$/),
      expect.stringMatching(/^user +u@example.com +requests +1 +10 +- +2$/),
      expect.stringMatching(/^group +main +requests +9 +90 +yes +2$/),
    ]);
    const json = JSON.parse((await run('user', 'limits', 'u@example.com', '--json')).stdout) as object;
    expect(json).toMatchObject({ email: 'u@example.com', limits: [{ used: 1 }, { used: 9 }] });
  });
});
