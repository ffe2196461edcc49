import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';

const CONFIG = `
groups: [{ name: pro, platform: anthropic, type: subscription, limit_day: "5" }]
accounts: [{ name: one, platform: anthropic, kind: api-key, credentials: { api_key: x }, groups: [pro] }]
users: [{ email: u@example.com, balance: "1" }]
`;

let folder: string;
let control: TestControl;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-money-'));
  control = await startTestControl(inject('postgresUrl'));
  await control.apply(CONFIG);
});
afterAll(async () => {
  await control.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runInProcess([...args, '--url', control.url, '--token', TEST_TOKEN]);

const readJson = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

describe('tollgate balance, tollgate ledger', () => {
  it('[MON-5] add and refund move the balance, and the ledger shows it after each', async () => {
    expect((await run('balance', 'add', 'u@example.com', '10.50', '--once', 'i7')).stdout).toBe(
      'booked: balance 11.5 USD\n',
    );
    expect((await run('balance', 'add', 'u@example.com', '10.5', '--once', 'i7')).stdout).toBe(
      'booked before: balance 11.5 USD\n',
    );
    await run('balance', 'refund', 'u@example.com', '0.25', '--note', 'req_1');
    const { stdout } = await run('ledger', 'show', 'u@example.com');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^at +kind +amount +balance +about$/),
      expect.stringMatching(/^\S+ +refund +0\.25 +11\.75 +req_1$/),
      expect.stringMatching(/^\S+ +top-up +10\.5 +11\.5 +-$/),
      expect.stringMatching(/^\S+ +top-up +1 +1 +opening balance$/),
    ]);
    const rows = await readJson('ledger', 'show', 'u@example.com', '--limit', '2');
    expect(rows).toMatchObject([{ balance: '11.75' }, { balance: '11.5' }]);
    expect(await run('balance', 'add', 'u@example.com', 'much')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('amount: expected a decimal amount'),
    });
    expect((await run('ledger', 'show', 'nobody@example.com')).stderr).toContain('no such user');
  });
});

describe('tollgate subscription', () => {
  it('[MON-9] assigns, lists, extends, suspends, resumes and revokes', async () => {
    const term = ['--group', 'pro', '--days', '30'];
    const made = await readJson('subscription', 'assign', 'u@example.com', ...term);
    expect(made).toMatchObject({ action: 'created', subscription: { state: 'active', groupName: 'pro' } });
    const { id } = made.subscription;
    const again = await run('subscription', 'assign', 'u@example.com', ...term);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('extend it') });
    const longer = await readJson('subscription', 'assign', 'u@example.com', ...term, '--extend');
    expect(longer.action).toBe('extended');
    const until = '2099-01-01T00:00:00Z';
    expect((await readJson('subscription', 'extend', id, '--until', until)).expiresAt).toBe(
      '2099-01-01T00:00:00.000Z',
    );
    expect((await readJson('subscription', 'suspend', id)).state).toBe('suspended');
    expect((await readJson('subscription', 'resume', id)).state).toBe('active');
    const { stdout } = await run('subscription', 'list', '--user', 'u@example.com', '--state', 'active');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^id +user +group +state +expires_at +day +week +month$/),
      expect.stringMatching(/^sub_\S+ +u@example\.com +pro +active +2099\S+ +0\/5 +0\/- +0\/-$/),
    ]);
    expect((await readJson('subscription', 'revoke', id)).state).toBe('revoked');
    expect(await run('subscription', 'extend', id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give either --days or --until'),
    });
  });
});

describe('tollgate code', () => {
  it('[MON-12] makes codes as CSV on stdout, redeems one and revokes the rest', async () => {
    const made = await run('code', 'create', '--name', 'spring', '--usd', '5', '--count', '3');
    const lines = made.stdout.trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    const [code = ''] = lines[1]!.split(',');
    const before = (await readJson('user', 'show', 'u@example.com')).balance;
    expect((await run('code', 'redeem', code, '--user', 'u@example.com')).stdout).toContain(
      'redeemed: balance',
    );
    const after = (await readJson('user', 'show', 'u@example.com')).balance;
    expect(Number(after) - Number(before)).toBe(5);
    expect(await run('code', 'redeem', code, '--user', 'u@example.com')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was redeemed already'),
    });
    const batch = /batch (rdb_\S+)/.exec(made.stderr)?.[1] ?? '';
    expect((await run('code', 'revoke', batch)).stdout).toBe('revoked 2\n');
    const states = (await run('code', 'export', batch)).stdout.match(/(?<=,)(redeemed|revoked)(?=,)/g);
    expect(states?.toSorted()).toEqual(['redeemed', 'revoked', 'revoked']);
    expect((await run('code', 'create', '--name', 'x', '--usd', '1', '--days', '3')).code).toBe(2);
  });
});

describe('tollgate reconcile', () => {
  it('[MON-13] imports a file in parts, shows the drift, and the same file again gives the same', async () => {
    const file = join(folder, 'usage.csv');
    const lines = Array.from(
      { length: 1_200 },
      (_, n) => `2026-01-01T00:00:0${n % 10}Z,req_${n},claude-x,2,3`,
    );
    writeFileSync(file, ['timestamp,request_id,model,input_tokens,output_tokens', ...lines].join('\n'));
    const { stdout } = await run('reconcile', file, '--account', 'one');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^compared by request: 2026-01-01T00:00:00\.000Z to 2026-01-01T01:00:00\.000Z \(rec_\S+\)$/,
      ),
      'only the provider knows 1200 request(s), only we know 0',
      expect.stringContaining('theirs - ours'),
      expect.stringMatching(/^from +to +model +requests/),
      expect.stringMatching(
        /^2026-01-01T00\S+ +2026-01-01T01\S+ +claude-x +1200 +2400 +- +- +3600 +- +0 +-$/,
      ),
      expect.stringMatching(/^total +1200 +2400/),
    ]);
    const again = await readJson('reconcile', file, '--account', 'one');
    expect(again).toMatchObject({ replayed: true, missingOurs: 1_200, drift: [{ model: 'claude-x' }] });
    writeFileSync(file, 'hello');
    expect(await run('reconcile', file, '--account', 'one')).toMatchObject({
      code: 1,
      stderr: 'tollgate: line 1: no column with a time (e.g. start_time, usage_date_utc)\n',
    });
    expect((await run('reconcile', join(folder, 'none.csv'), '--account', 'one')).stderr).toContain('ENOENT');
    expect((await run('reconcile', file, '--account', 'two')).stderr).toContain('no such account');
  });
});
