import { createTollgateClient } from '@tollgate/api';
import type { LiveNode, LiveStore } from '@tollgate/api/server';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { picoUsd, type AccountId } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';

const CONFIG = `
groups: [{ name: main, platform: openai, rpm: 60 }]
accounts:
  - { name: one, platform: openai, kind: api-key, credentials: { api_key: x }, groups: [main] }
  - { name: two, platform: openai, kind: api-key, credentials: { api_key: x }, groups: [main] }
users: [{ email: u@example.com, rpm: 10 }]
keys: [{ user: u@example.com, name: k, groups: [main], key: sk-test-0123456789abcdef }]
rpm_overrides: [{ user: u@example.com, group: main, rpm: 90 }]
`;

let control: TestControl;
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
  control = await startTestControl(inject('postgresUrl'), { publish: async () => 7, live });
  await control.apply(CONFIG);
  const client = createTollgateClient({ url: control.url, token: TEST_TOKEN });
  blocked = (await client.accounts.get.query({ name: 'two' })).id as AccountId;
});
afterAll(async () => {
  await control.stop();
});

const run = (...args: string[]) => runInProcess([...args, '--url', control.url, '--token', TEST_TOKEN]);

describe('tollgate key, tollgate node', () => {
  const node = (id: string, number: number | null, label: string | null): LiveNode => ({
    id,
    number,
    silentMs: 0,
    about: { startedAtMs: 0, version: '1.2.3', label, inFlight: 4 },
  });

  it('[AUTH-6] node list shows how far each has come', async () => {
    nodes.splice(0, nodes.length, node('nod_a', 7, 'left'), { ...node('nod_b', 5, null), silentMs: 20_000 });
    const { stdout } = await run('node', 'list');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^id +label +version +state +last heard +started +in flight +change +behind$/),
      expect.stringMatching(/^nod_a +left +1\.2\.3 +live +20\S+Z +1970-01-01T00:00:00\.000Z +4 +7 +0$/),
      expect.stringMatching(/^nod_b +- +1\.2\.3 +silent +20\S+Z +1970-01-01T00:00:00\.000Z +4 +5 +2$/),
    ]);
    expect(JSON.parse((await run('node', 'list', '--json')).stdout)).toMatchObject({
      number: 7,
      items: [{ id: 'nod_a', lag: 0 }, { id: 'nod_b' }],
    });
  });

  it('[AUTH-6] key revoke says on which nodes it is in force; key list shows the key disabled', async () => {
    const user = ['--user', 'u@example.com'];
    nodes.splice(0, nodes.length, node('nod_a', 7, null), node('nod_b', 7, null));
    const made = await run('key', 'create', ...user, '--name', 'made', '--group', 'main');
    expect(made.stdout).toMatch(/^sk-\S+\n$/);
    expect(made.stderr).toMatch(/^in force on 2\/2 nodes after \d+ ms\n$/);

    nodes.splice(0, nodes.length, node('nod_a', 7, null), node('nod_b', 6, 'right'), node('nod_c', 6, null));
    const revoked = await run('key', 'revoke', ...user, '--name', 'made', '--wait', '50');
    expect(revoked.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^key key_\w+ is disabled$/),
      'in force on 1/3 nodes; right (nod_b) is late; nod_c is late',
    ]);
    const listed = await run('key', 'list', ...user, '--status', 'disabled');
    expect(listed.stdout).toMatch(/^id .*\nkey_\w+ +sk-\S+ +u@example.com +made +disabled +main +-\n$/);

    nodes.splice(0, nodes.length);
    const id = /key_\w+/.exec(revoked.stdout)?.[0] ?? '';
    const deleted = await run('key', 'revoke', id, '--delete');
    expect(deleted.stdout).toBe(
      `key ${id} is deleted\nno node is running: those that start find the change in force\n`,
    );
    expect((await run('key', 'revoke', ...user, '--name', 'made')).stderr).toContain(
      'no key of the name made',
    );
    expect((await run('key', 'revoke')).stderr).toContain('which key?');
    expect((await run('key', 'revoke', id, '--wait', 'long')).stderr).toContain('expected 0 to 30000');
  });
});

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

describe('tollgate settings', () => {
  it('[CTL-3] shows, sets and unsets them', async () => {
    const lines = async (...args: string[]) => (await run('settings', ...args)).stdout.trim().split('\n');
    expect(await lines('show')).toEqual([
      expect.stringMatching(/^setting +value +from$/),
      expect.stringMatching(/^usageMonthsKept +all +configuration$/),
      expect.stringMatching(/^decisionDaysKept +14 +configuration$/),
      expect.stringMatching(/^alertDaysKept +90 +configuration$/),
    ]);
    expect((await lines('set', 'decisionDaysKept', '7'))[2]).toMatch(/^decisionDaysKept +7 +set$/);
    expect((await lines('set', 'decisionDaysKept', 'all'))[2]).toMatch(/^decisionDaysKept +all +set$/);
    expect((await lines('unset', 'decisionDaysKept'))[2]).toMatch(/^decisionDaysKept +14 +configuration$/);
  });

  it.each([
    ['no number', ['decisionDaysKept', '1.5'], 'a whole number, or `all`'],
    ['nothing kept', ['decisionDaysKept', '0'], 'set.decisionDaysKept'],
    ['no setting', ['other', '3'], 'other'],
  ])('[CTL-5] refuses %s', async (_, args, message) => {
    const refused = await run('settings', 'set', ...args);
    expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining(message)]);
  });
});
