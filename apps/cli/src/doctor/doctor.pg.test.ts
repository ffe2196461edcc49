import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installSecretKey, openDatabase, parseSecretKey } from '@tollgate/db';
import {
  createTestDatabase,
  findFreePort,
  startRedisServer,
  startSimulator,
  type RedisServer,
  type TestDatabase,
} from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkClocks, judgeSkew } from './check-clocks.ts';
import { checkConfigFile } from './check-config-file.ts';
import { judgeFileLimit } from './check-file-limit.ts';
import { checkJournalDisk, judgeSpace } from './check-journal-disk.ts';
import { createNativeModuleCheck } from './check-native-module.ts';
import { createNodeCheck } from './check-node.ts';
import { checkPorts } from './check-ports.ts';
import { checkPostgres } from './check-postgres.ts';
import { checkRedis } from './check-redis.ts';
import { checkSecretKey } from './check-secret-key.ts';
import { checkUpstreams } from './check-upstreams.ts';
import type { Check, DoctorSite } from './finding.ts';
import { runChecks } from './run-checks.ts';
import { withRedis } from './with-redis.ts';

const LIMIT_MS = 8_000;
const KEY = randomBytes(32).toString('base64');

let folder: string;
let database: TestDatabase;
let site: DoctorSite;
/** Takes connections and says nothing. */
let silent: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-doctor-'));
  database = await createTestDatabase(inject('postgresUrl'));
  const db = openDatabase(database.url, { max: 1 });
  await installSecretKey(db, parseSecretKey(KEY));
  await db.close();
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  site = {
    databaseUrl: database.url,
    redisUrl: inject('redisUrl'),
    redisIsCluster: false,
    dataDir: folder,
    journalDir: join(folder, 'journal'),
    journalBytesMax: 1,
    secretKeyText: KEY,
    secretKeyFile: join(folder, 'secret.key'),
    outboundAllow: ['127.0.0.0/8'],
    gateway: { host: '127.0.0.1', port: 0 },
    control: { host: '127.0.0.1', port: 0 },
    config: null,
  };
});
afterAll(async () => {
  silent.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const look = (check: Check, changes: Partial<DoctorSite> = {}) =>
  runChecks([check], { ...site, ...changes }, { limitMs: LIMIT_MS });
const levels = (findings: { level: string }[]) => new Set(findings.map(({ level }) => level));

/** The one thing that is wrong, which must say what to do. */
async function findFailure(check: Check, changes: Partial<DoctorSite> = {}): Promise<string> {
  const wrong = (await look(check, changes)).filter(({ level }) => level === 'failure');
  expect(wrong).toHaveLength(1);
  return `${wrong[0]?.message} → ${wrong[0]?.mend}`;
}

function withPath(url: string, change: (url: URL) => void): string {
  const changed = new URL(url);
  change(changed);
  return changed.href;
}

describe('doctor: a site where all is well', () => {
  it.each([checkPostgres, checkClocks, checkSecretKey, checkJournalDisk, checkPorts, checkUpstreams])(
    '[CTL-5] $name is ok',
    async (check) => expect(levels(await look(check))).toEqual(new Set(['ok'])),
  );

  it('[CTL-5] embedded parts are no failures, and a check without anything to look at says so', async () => {
    const embedded = { databaseUrl: null, redisUrl: null, secretKeyText: null };
    for (const check of [checkPostgres, checkRedis, checkClocks, checkSecretKey, checkUpstreams]) {
      expect(await look(check, embedded)).toMatchObject([{ level: 'ok', check: check.name }]);
    }
  });
});

describe('doctor: Node and native module', () => {
  it('[CTL-5] an old Node', async () => {
    expect(levels(await look(createNodeCheck()))).toEqual(new Set(['ok']));
    expect(await findFailure(createNodeCheck('20.1.0'))).toMatch(/20\.1\.0 is too old.*npm ci/);
  });

  it('[CTL-5] says which binary has been loaded, or how to get one', async () => {
    const [loaded] = await look(createNativeModuleCheck());
    expect(loaded).toMatchObject({ level: 'ok', message: expect.stringMatching(/from \/.*\.node$/) });
    const broken = createNativeModuleCheck(() => {
      throw new Error('it does not load');
    });
    expect(await findFailure(broken)).toMatch(/^it does not load → run `npm ci`/);
  });
});

describe('doctor: Postgres', () => {
  it.each([
    ['no such database', (url: URL) => void (url.pathname = '/nowhere'), /nowhere.*createdb/],
    ['nobody there', (url: URL) => void (url.port = '1'), /refused.*start Postgres/],
    ['no such user', (url: URL) => void (url.username = 'nobody'), /nobody.*→ (let the user in|mend user)/],
  ])('[CTL-5] %s', async (_name, change, text) => {
    expect(await findFailure(checkPostgres, { databaseUrl: withPath(database.url, change) })).toMatch(text);
  });

  it('[CTL-5] one that takes the connection and says nothing ends at the time limit', async () => {
    const { port } = silent.address() as AddressInfo;
    const databaseUrl = `postgres://u:secret-word@127.0.0.1:${port}/x`;
    const findings = await runChecks([checkPostgres], { ...site, databaseUrl }, { limitMs: 300 });
    expect(findings).toMatchObject([{ level: 'failure', message: 'no answer within 300 ms' }]);
    expect(JSON.stringify(findings)).not.toContain('secret-word');
  });

  it('[CTL-5] not migrated, and migrated by a newer program', async () => {
    const db = openDatabase(database.url, { max: 1 });
    const name = `doctor_${randomBytes(4).toString('hex')}`;
    await db.sql.unsafe(`create database ${name}`);
    const databaseUrl = withPath(database.url, (url) => void (url.pathname = `/${name}`));
    expect(await findFailure(checkPostgres, { databaseUrl })).toMatch(
      /migrations are missing.*tollgate migrate/,
    );
    await db.sql`insert into tollgate_migrations (name, checksum) values ('9999-later', 'x')`;
    expect(await findFailure(checkPostgres)).toMatch(/newer.*9999-later.*update the program/);
    await db.sql`delete from tollgate_migrations where name = '9999-later'`;
    await db.sql.unsafe(`drop database ${name} with (force)`);
    await db.close();
  });

  it('[CTL-5] a user without rights', async () => {
    const db = openDatabase(database.url, { max: 1 });
    const role = `doctor_${randomBytes(4).toString('hex')}`;
    await db.sql.unsafe(`create role ${role} login; grant select on tollgate_migrations to ${role};
      revoke create on schema public from public`);
    const databaseUrl = withPath(database.url, (url) => void (url.username = role));
    const findings = await look(checkPostgres, { databaseUrl });
    await db.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    await db.close();
    expect(findings.map(({ level, message }) => [level, message])).toEqual([
      ['ok', expect.stringMatching(/^Postgres \d/)],
      ['failure', 'the user may not make tables'],
      ['ok', expect.stringMatching(/^all \d+ migrations/)],
      ['warning', expect.stringMatching(/may not read or write account_groups/)],
    ]);
  });
});

describe('doctor: Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await withRedis(redis.url, (link) => link.config('SET', 'requirepass', 'opened'));
  });
  afterAll(() => redis.stop());

  it('[CTL-5] one that drops keys, without a copy on disk', async () => {
    const redisUrl = withPath(redis.url, (url) => void (url.password = 'opened'));
    expect(await findFailure(checkRedis, { redisUrl })).toMatch(/allkeys-lru.*noeviction/);
    const findings = await look(checkRedis, { redisUrl });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^(Redis|Valkey) \d/),
      'maxmemory-policy is allkeys-lru',
      expect.stringMatching(/^no append-only file/),
      expect.stringMatching(/^round trip [\d.]+ ms$/),
      'messages arrive (pub/sub)',
    ]);
  });

  it('[CTL-5] a wrong password, no password, nobody there, and silence', async () => {
    const wrong = withPath(redis.url, (url) => void (url.password = 'closed'));
    expect(await findFailure(checkRedis, { redisUrl: wrong })).toContain(
      'mend user and password in REDIS_URL',
    );
    expect(await findFailure(checkRedis, { redisUrl: redis.url })).toContain('mend user and password');
    expect(await findFailure(checkRedis, { redisUrl: 'redis://127.0.0.1:1' })).toMatch(
      /refused.*start Redis/,
    );
    const { port } = silent.address() as AddressInfo;
    const findings = await look(checkRedis, { redisUrl: `redis://127.0.0.1:${port}` });
    expect(findings).toMatchObject([{ level: 'failure' }]);
  });
});

describe('doctor: this machine', () => {
  it('[CTL-5] clocks apart', () => {
    expect(judgeSkew('Redis', -40)).toMatchObject({ level: 'ok' });
    expect(judgeSkew('Redis', 1_500)).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('1.5 s ahead'),
    });
    expect(judgeSkew('Redis', -60_000)).toMatchObject({
      level: 'failure',
      message: expect.stringContaining('behind'),
    });
  });

  it('[CTL-5] a journal folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await findFailure(checkJournalDisk, { journalDir: join(folder, 'file', 'journal') })).toMatch(
      /cannot be written and synced \(ENOTDIR\) → set TOLLGATE_DATA_DIR/,
    );
    mkdirSync(join(folder, 'full'));
    symlinkSync('/proc/nowhere', join(folder, 'full', 'journal'));
    expect(await findFailure(checkJournalDisk, { journalDir: join(folder, 'full', 'journal') })).toContain(
      'cannot be written and synced',
    );
  });

  it('[CTL-5] a full disk, and one that is smaller than the journal may become', () => {
    expect(judgeSpace(1_048_576, 1)).toMatchObject({ level: 'failure', message: '1 MiB free' });
    expect(judgeSpace(100 * 1_048_576, 2 ** 30)).toMatchObject({ level: 'warning' });
    expect(judgeSpace(2 ** 31, 2 ** 30)).toMatchObject({ level: 'ok' });
  });

  it('[CTL-5] too few open files', () => {
    expect([256, 4_096, 65_536, null].map((limit) => judgeFileLimit(limit).level)).toEqual([
      'failure',
      'warning',
      'ok',
      'ok',
    ]);
  });

  it('[CTL-5] a port that is taken', async () => {
    const { port } = silent.address() as AddressInfo;
    const text = await findFailure(checkPorts, { gateway: { host: '127.0.0.1', port } });
    expect(text).toMatch(/data plane: port \d+ is taken → .*TOLLGATE_GATEWAY_PORT/);
    const free = await findFreePort();
    expect(levels(await look(checkPorts, { control: { host: '127.0.0.1', port: free } }))).toEqual(
      new Set(['ok']),
    );
    const elsewhere = await findFailure(checkPorts, { control: { host: '203.0.113.1', port: free } });
    expect(elsewhere).toContain('TOLLGATE_CONTROL_PORT');
  });

  it('[CTL-5] a secret key that is none, another one, or not there', async () => {
    expect(await findFailure(checkSecretKey, { secretKeyText: 'short' })).toMatch(
      /^TOLLGATE_SECRET_KEY: .*openssl/,
    );
    const other = randomBytes(32).toString('base64');
    expect(await findFailure(checkSecretKey, { secretKeyText: other })).toMatch(
      /not the one that this database/,
    );
    expect(await look(checkSecretKey, { secretKeyText: null })).toMatchObject([{ level: 'warning' }]);
    expect(await look(checkSecretKey, { databaseUrl: 'postgres://127.0.0.1:1/x' })).toMatchObject([
      { level: 'warning', message: expect.stringContaining('could not be compared') },
    ]);
  });
});

describe('doctor: configuration file and upstreams', () => {
  const account = (name: string, url: string, rest = '') =>
    `{ name: ${name}, platform: anthropic, kind: api-key, base_url: '${url}', credentials: { api_key: sk-x }${rest} }`;

  it('[CTL-5] does not say that there are no accounts where it cannot see them', async () => {
    expect(await look(checkUpstreams, {})).toMatchObject([{ level: 'ok', message: 'no accounts yet' }]);
    expect(await look(checkUpstreams, { databaseUrl: null })).toMatchObject([
      { level: 'ok', message: expect.stringContaining('embedded database are not looked at') },
    ]);
    const gone = { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' };
    expect(await look(checkUpstreams, gone)).toMatchObject([
      { level: 'warning', message: expect.stringContaining('could not be read') },
    ]);
  });

  it('[CTL-5] reaches what answers, and tells of what is shut, forbidden or behind a dead proxy', async () => {
    const simulator = await startSimulator();
    const text = `accounts: [${[
      account('good', simulator.url),
      account('shut', 'http://127.0.0.1:1'),
      account('inner', 'http://10.0.0.1'),
      account('proxied', simulator.url, ', proxy: "http://u:proxy-secret@127.0.0.1:1"'),
    ].join(', ')}]`;
    const findings = await look(checkUpstreams, { config: { text } });
    await simulator.stop();
    const of = (name: string) => findings.find(({ message }) => message.includes(`(account ${name})`));
    expect(of('good')?.level).toBe('ok');
    expect(of('shut')).toMatchObject({
      level: 'failure',
      mend: expect.stringContaining('let this machine out'),
    });
    expect(of('inner')).toMatchObject({
      level: 'failure',
      mend: expect.stringContaining('TOLLGATE_OUTBOUND_ALLOW'),
    });
    expect(of('proxied')).toMatchObject({ level: 'failure', mend: expect.stringContaining('proxy runs') });
    expect(JSON.stringify(findings)).not.toContain('proxy-secret');
  });

  it('[CTL-5] a file with faults, one that refers to the database, and none', async () => {
    const refers = 'keys: [{ user: u@example.com, name: k, groups: [there], key: sk-test-0123456789abcdef }]';
    expect(levels(await look(checkConfigFile, { config: { text: refers } }))).toEqual(new Set(['ok']));
    expect(await findFailure(checkConfigFile, { config: { text: 'groupz: []' } })).toMatch(
      /^groupz: unknown field/,
    );
    expect(await findFailure(checkConfigFile, { config: { text: 'a: [' } })).toMatch(
      /^line 1.*not valid YAML/,
    );
    expect(await findFailure(checkConfigFile, { config: { problem: 'no such file' } })).toMatch(
      /^no such file/,
    );
    expect(await look(checkConfigFile)).toEqual([]);
  });

  it('[CTL-5] one check that throws, or never ends, does not keep the others from telling', async () => {
    const checks: Check[] = [
      { name: 'throws', run: () => Promise.reject(new Error('broken')) },
      { name: 'hangs', run: () => new Promise(() => {}) },
      createNodeCheck(),
    ];
    const findings = await runChecks(checks, site, { limitMs: 50 });
    expect(findings.map(({ check, level }) => [check, level])).toEqual([
      ['throws', 'failure'],
      ['hangs', 'failure'],
      ['node', 'ok'],
    ]);
  });
});
