import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';

const SECRET = 'sk-planted-0123456789';
let control: TestControl;
let simulator: Simulator;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-accounts-'));
  simulator = await startSimulator();
  control = await startTestControl(inject('postgresUrl'), { outboundAllow: ['127.0.0.1'] });
});
afterAll(async () => {
  await control.stop();
  await simulator.stop();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) =>
  runInProcess(args, { env: { TOLLGATE_TOKEN: TEST_TOKEN, TOLLGATE_URL: control.url } });

describe('tollgate account import, export, update, test', () => {
  it('[CTL-3] imports a file, or says line by line why not', async () => {
    const file = join(folder, 'accounts.csv');
    const header = 'name,platform,kind,api_key,base_url,concurrency';
    await writeFile(file, `${header}\none,anthropic,api-key,${SECRET},${simulator.url},x\n`);
    expect(await run('account', 'import', file)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'tollgate: line 2.concurrency: cannot be read\n',
    });
    const rows = ['one', 'two'].map((name) => `${name},anthropic,api-key,${SECRET},${simulator.url},5`);
    await writeFile(file, [header, ...rows].join('\r\n'));
    expect((await run('account', 'import', file, '--dry-run')).stdout).toBe(
      '2 account(s) could be created\n',
    );
    expect((await run('account', 'import', file)).stdout).toBe('2 account(s) created\n');
    expect((await run('account', 'import', file)).stderr).toContain('line 2.name: is taken already');
    expect((await run('account', 'import', join(folder, 'none.csv'))).code).toBe(1);
  });

  it('[CTL-3] changes several at once', async () => {
    const updated = await run('account', 'update', 'one', 'two', '--set', 'priority=7', 'status=disabled');
    expect(updated.stdout).toBe('changed 2, unchanged 0\n');
    expect((await run('account', 'update', 'one', 'two', '--set', 'status=active')).code).toBe(0);
    expect((await run('account', 'update', 'one', '--set', 'priority')).code).toBe(2);
    expect((await run('account', 'update', 'one', '--set', 'prio=1')).stderr).toContain(
      'patch.prio: unknown field',
    );
  });

  it('[CTL-3] [ACC-1] exports without secrets', async () => {
    const csv = await run('account', 'export');
    expect(csv.stdout.split('\r\n')).toHaveLength(4);
    const json = JSON.parse((await run('account', 'export', '--format', 'json')).stdout) as object[];
    expect(json).toMatchObject([{ priority: 7 }, { priority: 7 }]);
    expect(csv.stdout + JSON.stringify(json)).not.toContain('planted');
    expect((await run('account', 'export', '--format', 'xml')).code).toBe(2);
  });

  it('[ACC-8] prints the steps of a test, and fails where one does', async () => {
    const good = await run('account', 'test', 'one');
    expect(good).toMatchObject({ code: 0, stderr: '' });
    const steps = good.stdout.trim().split('\n');
    expect(steps.map((line) => line.split(' ', 1)[0])).toEqual([
      'resolve',
      'guard',
      'connect',
      'request',
      'status',
      'first-token',
      'usage',
    ]);
    expect(steps.at(-1)).toMatch(/^usage +[\d.]+ ms  ok      \d+ input, \d+ output tokens$/);
    simulator.setScript(() => ({ status: 401 }));
    const bad = await run('account', 'test', 'one', '--json', '--model', 'claude-x');
    expect(bad).toMatchObject({ code: 1, stderr: 'tollgate: account one failed at status\n' });
    expect(bad.stdout).toContain('"step":"status","outcome":"failed"');
    expect(good.stdout + bad.stdout + bad.stderr).not.toContain('planted');
    expect((await run('account', 'test', 'none')).stderr).toContain('no such account: none');
    expect((await run('account', 'test', 'one', '--protocol', 'x')).code).toBe(2);
  });
});
