import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../bin/tollgate.js', import.meta.url));
/** Makes this Node look like one that cannot run TypeScript. */
const AS_OLD_NODE = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.1.0'}})`,
];
const TOKEN = 'tga_test_0123456789abcdef';
const CONFIG = `
groups: [{ name: main, platform: anthropic, rate_multiplier: "1.0" }]
accounts: [{ name: up, platform: anthropic, kind: api-key, credentials: { api_key: sk-upstream-secret }, groups: [main] }]
users: [{ email: u@example.com, balance: "10.00", concurrency: 50 }]
keys: [{ user: u@example.com, name: k1, groups: [main], key: sk-test-0123456789abcdef }]
`;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

let folder: string;
let database: TestDatabase;
let control: ChildProcess;
let env: Record<string, string>;
let readyLine = '';

function run(args: string[], extra: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, ...args], { env: { ...env, ...extra } }, (fault, stdout, stderr) => {
      resolve({ code: fault ? Number(fault.code) : 0, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
  writeFileSync(join(folder, 'config.yaml'), CONFIG);
  database = await createTestDatabase(inject('postgresUrl'));
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const shared = { PATH, HOME: folder, NODE_COMPILE_CACHE };
  env = { ...shared, TOLLGATE_TOKEN: TOKEN };
  const args = [...AS_OLD_NODE, ENTRY, 'control', '--control-port', '0', '--data-dir', join(folder, 'data')];
  control = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...shared,
      DATABASE_URL: database.url,
      REDIS_URL: inject('redisUrl'),
      TOLLGATE_REDIS_PREFIX: `cli${randomBytes(6).toString('hex')}:`,
      TOLLGATE_ADMIN_TOKEN: TOKEN,
      TOLLGATE_LOG_LEVEL: 'warn',
    },
  });
  readyLine = await new Promise((resolve, reject) => {
    control.stdout?.setEncoding('utf8').once('data', resolve);
    control.once('exit', () => reject(new Error('the control plane ended')));
  });
  env['TOLLGATE_URL'] = /control=(\S+)/.exec(readyLine)?.[1] ?? '';
});

afterAll(async () => {
  control.kill('SIGKILL');
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Each command is a process of its own, which a busy machine takes seconds to start. */
describe('tollgate', { timeout: 480_000 }, () => {
  it('[CTL-2] control shows the first admin token once, in its ready line', () => {
    expect(readyLine.trim()).toMatch(
      new RegExp(`^tollgate ready control=http://127.0.0.1:\\d+ admin_token=${TOKEN}$`),
    );
    expect(statSync(join(folder, 'data', 'secret.key')).mode & 0o777).toBe(0o600);
  });

  it('[CTL-4] apply shows the plan, changes nothing in a dry run, and nothing the second time', async () => {
    const file = join(folder, 'config.yaml');
    const dry = await run(['apply', file, '--dry-run']);
    expect(dry.stdout).toContain('+ group main (create)');
    expect(dry.stdout).toContain('Dry run: 4 to create, 0 to update, 0 unchanged. Nothing was changed.');
    const first = await run(['apply', file]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('Applied: 4 to create, 0 to update, 0 unchanged.');
    const second = await run(['apply', file, '--json']);
    const plan = JSON.parse(second.stdout) as { action: string }[];
    expect(plan.map(({ action }) => action)).toEqual(Array(4).fill('unchanged'));
    expect(dry.stdout + first.stdout + second.stdout).not.toMatch(/sk-upstream|sk-test/);
  });

  it('[CTL-4] apply names every problem of the file, one a line, and exits with 1', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'groups: [{ name: g, platform: x, pritority: 1 }]');
    const { code, stdout, stderr } = await run(['apply', file]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^tollgate: groups\[0\]\.platform: .*\ngroups\[0\]\.pritority: unknown field\n$/);
  });

  it('[CTL-4] apply follows references of the file, and names by path the one that leads nowhere', async () => {
    const file = join(folder, 'references.yaml');
    writeFileSync(join(folder, 'upstream.key'), 'sk-from-file\n');
    writeFileSync(
      file,
      `accounts: [{ name: filed, platform: anthropic, kind: api-key, credentials: { api_key: { file: upstream.key } } }]
keys: [{ user: u@example.com, name: k1, groups: [main], key: { env: MY_KEY } }]`,
    );
    const lost = await run(['apply', file]);
    expect(lost).toMatchObject({
      code: 1,
      stderr: 'tollgate: keys[0].key: environment variable MY_KEY is not set\n',
    });
    const withKey = { MY_KEY: 'sk-test-0123456789abcdef' };
    const found = await run(['apply', file], withKey);
    expect(found.stdout).toContain('Applied: 1 to create, 0 to update, 1 unchanged.');
    expect((await run(['apply', file, '--dry-run', '--exit-code'], withKey)).code).toBe(0);
    writeFileSync(join(folder, 'upstream.key'), '');
    expect((await run(['apply', file], withKey)).stderr).toMatch(/api_key: file upstream\.key is empty\n$/);
  });

  it('[CTL-4] what export prints changes nothing, and --prune with it deletes what came later', async () => {
    const file = join(folder, 'exported.yaml');
    const exported = await run(['export']);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expect(exported.stdout).not.toMatch(/sk-upstream|sk-test-0123456789abcdef|sk-from-file/);
    writeFileSync(file, exported.stdout);
    const dry = ['apply', file, '--dry-run', '--exit-code', '--prune'];
    expect(await run(dry)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 to create, 0 to update'),
    });
    await run(['group', 'create', 'later', '--platform', 'openai']);
    expect(await run(dry)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^- group later \(delete\)$/m),
    });
    const pruned = await run(['apply', file, '--prune']);
    expect(pruned.stdout).toContain('1 to delete');
  });

  it('[CTL-4] apply --schema prints the JSON schema without a control plane', async () => {
    const { code, stdout } = await run(['apply', '--schema'], { TOLLGATE_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(0);
    expect(Object.keys((JSON.parse(stdout) as { properties: object }).properties)).toEqual([
      'settings',
      'proxies',
      'groups',
      'accounts',
      'users',
      'subscriptions',
      'keys',
      'rpm_overrides',
      'alert_channels',
      'alert_rules',
    ]);
  });

  it('[AUTH-1] key create prints the key alone, so that a script can take it', async () => {
    const made = await run(['key', 'create', '--user', 'u@example.com', '--name', 'k2', '--group', 'main']);
    expect(made.stdout).toMatch(/^sk-[A-Za-z0-9_-]{43}\n$/);
    const args = ['key', 'create', '--user', 'u@example.com', '--name', 'k3', '--group', 'main', '--key'];
    expect((await run([...args, 'sk-own-0123456789abcdef'])).stdout).toBe('sk-own-0123456789abcdef\n');
    const again = await run([...args, 'sk-own-0123456789abcdef']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^tollgate: (name|key): is taken already\n$/);
  });

  it('user show and usage list print what scripts read', async () => {
    const shown = await run(['user', 'show', 'u@example.com', '--json']);
    expect(JSON.parse(shown.stdout)).toEqual({
      email: 'u@example.com',
      status: 'active',
      role: 'user',
      balance: '10',
      concurrency: 50,
      rpm: 0,
    });
    expect((await run(['user', 'show', 'u@example.com'])).stdout).toMatch(/^email +status +role/);
    const db = openDatabase(database.url, { max: 1 });
    await db.sql`
      insert into usage (attempt_id, request_id, node_id, at, user_id, key_id, group_id, account_id, protocol,
        model, upstream_model, stream, status, state, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, output_tokens, reasoning_tokens, tool_prompt_tokens, web_search_requests,
        rate_multiplier, standard_cost, actual_cost, duration_ms)
      select 'att_' || lpad(n::text, 4, '0'), 'req_1', 'nod_1', date_trunc('milliseconds', now()), 'usr_1', 'key_1', 'grp_1', 'acc_1',
        'messages', 'm', 'm', true, 200, 'settled', 1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.5, 1
      from generate_series(1, 250) n`;
    await db.close();
    const rows = JSON.parse((await run(['usage', 'list', '--json', '--limit', '230'])).stdout) as {
      attempt_id: string;
    }[];
    expect(new Set(rows.map((row) => row.attempt_id)).size).toBe(230);
    expect(rows[0]).toMatchObject({ request_id: 'req_1', actual_cost_usd: '0.5', first_token_ms: null });
    const none = await run(['usage', 'list', '--json', '--request', 'req_2', '--model', 'm']);
    expect(JSON.parse(none.stdout)).toEqual([]);
    expect((await run(['usage', 'list', '--limit', '2'])).stdout.trim().split('\n')).toHaveLength(3);
  });

  it('[CTL-5] doctor ends with 1 when something is wrong, and says how to mend it', async () => {
    const settings = {
      TOLLGATE_DATA_DIR: join(folder, 'doctor'),
      TOLLGATE_GATEWAY_PORT: '0',
      TOLLGATE_CONTROL_PORT: '0',
    };
    expect(await run(['doctor'], settings)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ 0 failures\n$/),
      stderr: '',
    });
    const away = { ...settings, DATABASE_URL: 'postgres://u:database-word@127.0.0.1:1/x' };
    const { code, stdout } = await run(['doctor', '--json', '--config', '/nowhere.yaml'], away);
    const findings = JSON.parse(stdout) as { level: string; check: string; mend?: string }[];
    expect(code).toBe(1);
    expect(stdout).not.toContain('database-word');
    const failed = findings.filter(({ level }) => level === 'failure');
    expect(failed.map(({ check }) => check)).toEqual(['config file', 'postgres']);
    expect(findings.filter(({ level, mend }) => level !== 'ok' && !mend)).toEqual([]);
    const wrong = await run(['doctor'], { ...settings, TOLLGATE_GATEWAY_PORT: 'many' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('TOLLGATE_GATEWAY_PORT') });
  });

  it('[CTL-5] makes a group, an account, a user and a key, and lists them', async () => {
    const made = [
      await run(['group', 'create', 'free', '--platform', 'gemini', '--rate', '0']),
      await run(
        ['account', 'create', 'g1', '--platform', 'gemini', '--secret-env', 'UPSTREAM', '--group', 'free'],
        { UPSTREAM: 'sk-upstream-of-g1' },
      ),
      await run(['user', 'create', 'New@example.com', '--balance', '2.50', '--role', 'admin']),
      await run(['key', 'create', '--user', 'new@example.com', '--name', 'k', '--group', 'free']),
    ];
    // Beside the key, which is all that stdout may have: whether the change is in force.
    const inForce = 'no node is running: those that start find the change in force\n';
    expect(made.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
      [0, inForce],
    ]);
    expect(made[2]?.stdout).toMatch(/^user new@example\.com \(usr_\w+\), balance 2\.5 USD\n$/);
    const lists = await Promise.all(['group', 'account', 'user'].map((object) => run([object, 'list'])));
    const [groups, accounts, users] = lists.map(({ stdout }) => stdout);
    expect(groups).toMatch(/^free +gemini +standard +active +0 +0 +grp_/m);
    expect(accounts).toMatch(/^g1 +gemini +api-key +active +3 +50 +free +acc_/m);
    expect(users).toMatch(/^new@example\.com +admin +active +2\.5 /m);
    expect(JSON.stringify([made, lists])).not.toContain('sk-upstream-of-g1');
    const json = JSON.parse((await run(['user', 'list', '--json'])).stdout) as { email: string }[];
    expect(json.map(({ email }) => email)).toContain('new@example.com');
    expect(made[3]?.stdout).toMatch(/^sk-\S{43}\n$/);
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['fly']],
    ['an unknown flag', ['apply', 'x', '--fast']],
    ['no file', ['apply']],
    ['an unknown platform', ['group', 'create', 'g', '--platform', 'x']],
    ['no secret', ['account', 'create', 'a', '--platform', 'openai']],
    ['an empty secret', ['account', 'create', 'a', '--platform', 'openai', '--secret-env', 'NOT_SET']],
    ['a missing flag', ['key', 'create', '--user', 'u@example.com']],
    ['a bad limit', ['usage', 'list', '--limit', 'many']],
    ['an exit code of no dry run', ['apply', 'x', '--exit-code']],
    ['no URL', ['user', 'show', 'u@example.com', '--url', 'localhost']],
    ['no token', ['user', 'show', 'u@example.com', '--token', '']],
  ])('exits with 2 on %s', async (_name, args) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it.each([
    ['a wrong token', ['user', 'show', 'u@example.com', '--token', 'nope'], 'The admin token is missing'],
    ['an unknown user', ['user', 'show', 'x@example.com'], 'no such user: x@example.com'],
    ['nothing listening', ['usage', 'list', '--url', 'http://127.0.0.1:1'], 'cannot connect'],
    ['no such file', ['apply', '/nowhere/config.yaml'], 'no such file'],
    ['no database', ['migrate', '--database-url', 'postgres://127.0.0.1:1/x'], 'cannot connect'],
    ['no settings', ['control'], 'tollgate control needs DATABASE_URL and REDIS_URL'],
  ])('exits with 1 and one clear line on %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('migrate and --version', async () => {
    expect((await run(['migrate', '--database-url', database.url])).code).toBe(0);
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  });

  it('starts itself again under the Node of the project when it is called by an older one', async () => {
    const outcome = await new Promise<string>((resolve) => {
      execFile(process.execPath, [...AS_OLD_NODE, ENTRY, '--version'], { env }, (_fault, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    expect(outcome).toBe('0.1.0\n');
  });

  it.each([
    ['gateway', '', ['', '--max-semi-space-size=64']],
    ['gateway', '--max-semi-space-size=9', ['']],
    ['control', '', ['']],
  ])('%s with NODE_OPTIONS "%s" runs under the flags %j', async (command, options, flags) => {
    const tell = '--import data:text/javascript,console.error(`flags=${process.execArgv.join()}`)';
    const { stderr } = await run([command, '--no-such-option'], { NODE_OPTIONS: `${options} ${tell}` });
    expect([...stderr.matchAll(/^flags=(.*)$/gm)].map(([, each]) => each)).toEqual(flags);
  });

  it('control ends with 0 at SIGTERM, which the starter passes on', async () => {
    control.kill('SIGTERM');
    expect(await once(control, 'exit')).toEqual([0, null]);
  });
});
