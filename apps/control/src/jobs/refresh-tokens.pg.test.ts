import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildProxySealContext, silentLogger, systemClock, type Logger } from '@tollgate/core';
import { openDatabase, openSecret, parseSecretKey, schema, sealSecret, type Database } from '@tollgate/db';
import { createOutboundPolicy } from '@tollgate/outbound';
import { createTestDatabase, startConnectProxy, type TestDatabase } from '@tollgate/testkit';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseControlConfig } from '../control-config.ts';
import { createTokenRefreshJob, type TokenRefreshJob, type TokenRefreshOptions } from './refresh-tokens.ts';

const { accounts, audit, outbox } = schema;
const secretKey = parseSecretKey('ab'.repeat(32));
/** For answers that come at once, on a machine that may be busy. */
const PATIENT_MS = 20_000;
const OLD = { access_token: 'access-old', refresh_token: 'refresh-1', expires_at: '2026-01-01T00:00:00Z' };

/** A token endpoint that turns its refresh tokens over, and takes each of them once. */
class TokenEndpoint {
  readonly bodies: string[] = [];
  readonly #spent = new Set<string>();
  answer: ((request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean) | null = null;
  readonly server = createServer((request, response) => void this.#serve(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/oauth/token`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    this.bodies.push(body);
    const token = request.headers['content-type']?.includes('json')
      ? (JSON.parse(body) as { refresh_token: string }).refresh_token
      : (new URLSearchParams(body).get('refresh_token') ?? '');
    if (this.answer !== null && (await this.answer(request, response))) return;
    if (this.#spent.has(token)) return this.#send(response, 400, { error: 'invalid_grant' });
    this.#spent.add(token);
    const n = this.bodies.length;
    this.#send(response, 200, {
      access_token: `access-${n}`,
      refresh_token: `${token}-${n}`,
      expires_in: 28_800,
    });
  }

  #send(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

let database: TestDatabase;
let db: Database;
let endpoint: TokenEndpoint;
const logged: string[] = [];
const logger: Logger = {
  ...silentLogger,
  info: (detail, message) => void logged.push(`${message} ${JSON.stringify(detail)}`),
  warn: (detail, message) => void logged.push(`${message} ${JSON.stringify(detail)}`),
};
const jobs: TokenRefreshJob[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 8 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  endpoint = new TokenEndpoint();
  await new Promise<void>((resolve) => endpoint.server.listen(0, '127.0.0.1', resolve));
  await db.sql`truncate accounts, audit, outbox restart identity cascade`;
  logged.length = 0;
});
afterEach(async () => {
  endpoint.server.closeAllConnections();
  endpoint.server.close();
  for (const job of jobs.splice(0)) await job.stop();
});

function createJob(
  changes: Partial<TokenRefreshOptions> & { clientId?: string | null } = {},
): TokenRefreshJob {
  const { clientId = 'client-1', ...options } = changes;
  const { oauthClients } = parseControlConfig({});
  const client = { tokenUrl: endpoint.url, clientId, clientSecret: null };
  const job = createTokenRefreshJob({
    db,
    secretKey,
    logger,
    clock: systemClock,
    policy: createOutboundPolicy({ allow: ['127.0.0.0/8'] }),
    clients: { ...oauthClients, anthropic: client, gemini: { ...client, clientSecret: 'hush' } },
    timeoutMs: PATIENT_MS,
    intervalMs: 20,
    afterCommit: async () => {},
    ...options,
  });
  jobs.push(job);
  return job;
}

async function add(
  id: string,
  changes: Partial<typeof accounts.$inferInsert> = {},
  credentials: object = OLD,
) {
  await db.insert(accounts).values({
    id,
    name: id,
    platform: 'anthropic',
    kind: 'oauth',
    baseUrl: 'https://up.example',
    sealedCredentials: sealSecret(JSON.stringify(credentials), secretKey, id),
    nextRefreshAt: new Date(0),
    ...changes,
  });
  return id;
}
async function read(id: string) {
  const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
  if (!row) throw new Error('no such account');
  const opened: unknown = JSON.parse(openSecret(row.sealedCredentials, secretKey, id));
  return { ...row, credentials: opened as Record<string, string> };
}
const makeDue = (id: string) => db.sql`update accounts set next_refresh_at = now() where id = ${id}`;

describe('refresh-tokens', () => {
  it('[ACC-6] refreshes ahead of the end, stores what came, tells the nodes, and shows no secret', async () => {
    const id = await add('acc_1');
    let pushed = 0;
    createJob({ afterCommit: async () => void (pushed += 1) }).start();
    await expect.poll(async () => (await read(id)).refreshedAt).not.toBeNull();
    const row = await read(id);
    expect(row.credentials).toMatchObject({ access_token: 'access-1', refresh_token: 'refresh-1-1' });
    expect(Date.parse(row.credentials['expires_at'] ?? '')).toBeGreaterThan(Date.now() + 28_000_000);
    expect(row.nextRefreshAt?.getTime()).toBeGreaterThan(Date.now() + 27_000_000);
    expect(JSON.parse(endpoint.bodies[0] ?? '')).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'client-1',
    });
    await expect.poll(() => pushed).toBe(1);
    const told = await db.select().from(outbox);
    expect(told.map(({ invalidation }) => invalidation)).toEqual([{ scope: 'account', accountId: id }]);
    const shown = JSON.stringify([await db.select().from(audit), logged]);
    expect(shown).toContain('account.token_refreshed');
    expect(shown).not.toMatch(/access-|refresh-1/u);
  });

  it('[ACC-6] speaks form with a client secret where the platform wants it', async () => {
    const id = await add('acc_1', { platform: 'gemini' });
    await createJob().refreshNow(id);
    expect(Object.fromEntries(new URLSearchParams(endpoint.bodies[0]))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'client-1',
      client_secret: 'hush',
    });
  });

  it('[ACC-6] goes through the account’s proxy', async () => {
    const proxy = await startConnectProxy({ credentials: { username: 'u', password: 'p' } });
    const context = buildProxySealContext('acc_1');
    const sealedProxyUrl = sealSecret(proxy.buildUrl('u:p'), secretKey, context);
    const id = await add('acc_1', { sealedProxyUrl, proxyShown: 'http://proxy' });
    await createJob().refreshNow(id);
    expect((await read(id)).credentials['access_token']).toBe('access-1');
    expect(proxy.targets).toHaveLength(1);
    await proxy[Symbol.asyncDispose]();
  });

  it('[ACC-6] two control planes, and a hundred wishes at once, refresh once', async () => {
    const ids = ['acc_1', 'acc_2', 'acc_3'];
    for (const id of ids) await add(id, {}, { ...OLD, refresh_token: `of-${id}` });
    endpoint.answer = () => sleep(30).then(() => false);
    const other = openDatabase(database.url, { max: 4 });
    const both = [createJob(), createJob({ db: other })];
    for (const job of both) job.start();
    const wishes = Array.from({ length: 100 }, (_, index) =>
      both[index % 2]?.refreshNow(ids[index % 3] ?? ''),
    );
    await Promise.all(wishes);
    await expect.poll(async () => (await read('acc_3')).refreshedAt).not.toBeNull();
    await Promise.all(both.map((job) => job.stop()));
    expect(endpoint.bodies).toHaveLength(3);
    // And after it is over: a wish that comes late is about the old token.
    await createJob().refreshNow('acc_1');
    expect(endpoint.bodies).toHaveLength(3);
    await other.close();
  });

  it('[ACC-6] a frozen refresher cannot overwrite newer tokens', async () => {
    const id = await add('acc_1');
    const thawed = Promise.withResolvers<void>();
    endpoint.answer = async (_request, response) => {
      endpoint.answer = null;
      await thawed.promise;
      response.end(JSON.stringify({ access_token: 'access-stale', refresh_token: 'refresh-stale' }));
      return true;
    };
    const frozen = createJob({ leaseMs: 50, timeoutMs: 20_000 }).refreshNow(id);
    await expect.poll(() => endpoint.bodies.length).toBe(1);
    await sleep(60);
    await makeDue(id);
    await createJob().refreshNow(id);
    const newer = await read(id);
    expect(newer.credentials['access_token']).toBe('access-2');
    thawed.resolve();
    await frozen;
    expect(await read(id)).toEqual(newer);
    expect(logged.join()).toContain('came too late');
  });

  const badAnswers: [name: string, answer: TokenEndpoint['answer'], reason: string][] = [
    ['down', (request) => (request.socket.destroy(), true), 'cannot be asked'],
    ['garbage', (_request, response) => (response.end('<html>'), true), 'without a usable token'],
    ['slow', () => true, 'no answer within 100 ms'],
    [
      'refusing with 429',
      (_request, response) => (response.writeHead(429, { 'retry-after': '400' }).end(), true),
      'answered 429',
    ],
    ['too large', (_request, response) => (response.end('x'.repeat(100_000)), true), 'too large'],
    [
      'redirecting',
      (_request, response) => (response.writeHead(307, { location: endpoint.url }).end(), true),
      'answered 307',
    ],
  ];
  it.each(badAnswers)(
    '[ACC-6] an endpoint that is %s: back-off, then an error with its reason, and healing',
    async (name, answer, reason) => {
      const id = await add('acc_1');
      endpoint.answer = answer;
      const job = createJob({ timeoutMs: name === 'slow' ? 100 : PATIENT_MS });
      for (let failures = 1; failures <= 3; failures += 1) {
        await makeDue(id);
        await job.refreshNow(id);
        // Not before its time, whoever asks.
        await job.refreshNow(id);
        const row = await read(id);
        expect(row).toMatchObject({ status: failures === 3 ? 'error' : 'active', refreshFailures: failures });
        expect(row.statusReason).toContain(reason);
        const waitMs = (row.nextRefreshAt?.getTime() ?? 0) - Date.now();
        expect(waitMs).toBeGreaterThan(name.includes('429') ? 380_000 : 50_000);
      }
      // A machine that stands still gives up before the endpoint has heard of it.
      if (name !== 'slow') expect(endpoint.bodies).toHaveLength(3);
      expect(logged.join()).not.toMatch(/access-old|refresh-1/u);
      endpoint.answer = null;
      await makeDue(id);
      await createJob({ timeoutMs: PATIENT_MS }).refreshNow(id);
      expect(await read(id)).toMatchObject({ status: 'active', statusReason: null, refreshFailures: 0 });
    },
  );

  it('[ACC-6] a refused refresh token is an error at once, and is never sent again', async () => {
    const id = await add('acc_1');
    endpoint.answer = (_request, response) => (
      response.writeHead(400).end('{"error":"invalid_grant"}'),
      true
    );
    const job = createJob();
    job.start();
    await expect.poll(async () => (await read(id)).status).toBe('error');
    expect(await read(id)).toMatchObject({
      statusReason: 'the token endpoint refuses the refresh token: sign in again',
      nextRefreshAt: null,
    });
    await job.refreshNow(id);
    await sleep(60);
    expect(endpoint.bodies).toHaveLength(1);
  });

  it('[ACC-6] a crash between answer and write: the next finds the token used up and says so', async () => {
    const id = await add('acc_1');
    // What a process that died in the middle leaves: its lease, and a token that the endpoint has taken.
    const dead = createJob({ leaseMs: 30, db: failOnWrite(db) });
    await dead.refreshNow(id);
    expect((await read(id)).credentials).toEqual(OLD);
    await sleep(40);
    await makeDue(id);
    await createJob().refreshNow(id);
    const row = await read(id);
    expect(row).toMatchObject({ status: 'error', nextRefreshAt: null });
    expect(row.statusReason).toContain('may have used it up');
    expect(endpoint.bodies).toHaveLength(2);
  });

  it('[ACC-6] a crash in each try is no loop either', async () => {
    const id = await add('acc_1');
    endpoint.answer = (request) => (request.socket.destroy(), true);
    for (let tries = 0; tries < 6; tries += 1) {
      await db.sql`update accounts set next_refresh_at = now(), refresh_lease_until = now() - interval '1 s',
        refresh_failures = ${tries} where id = ${id}`;
      await createJob({ timeoutMs: PATIENT_MS, db: failOnWrite(db), leaseMs: 10 }).refreshNow(id);
    }
    expect(endpoint.bodies).toHaveLength(3);
    await db.sql`update accounts set next_refresh_at = now(), refresh_lease_until = now() - interval '1 s'`;
    await createJob().refreshNow(id);
    const row = await read(id);
    expect(row).toMatchObject({ status: 'error', statusReason: expect.stringContaining('never ended') });
    expect(endpoint.bodies).toHaveLength(3);
  });

  it('[ACC-6] a database that is away when the answer comes: it waits, and the tokens are stored', async () => {
    const id = await add('acc_1');
    let faults = 2;
    await createJob({ db: failOnWrite(db, () => (faults -= 1) >= 0) }).refreshNow(id);
    expect((await read(id)).credentials['access_token']).toBe('access-1');
    expect(logged.join()).toContain('waits for the database');
  });

  it('a stop waits for what is under way, and begins nothing more', async () => {
    const id = await add('acc_1');
    const { promise, resolve } = Promise.withResolvers<boolean>();
    endpoint.answer = () => promise;
    const job = createJob();
    job.start();
    await expect.poll(() => endpoint.bodies.length).toBe(1);
    const stopped = job.stop();
    resolve(false);
    await stopped;
    expect((await read(id)).credentials['access_token']).toBe('access-1');
    await makeDue(id);
    await job.refreshNow(id);
    expect(endpoint.bodies).toHaveLength(1);
  });

  it('[OPS-11] a stop does not wait for ever for the database, and no token is asked for after it', async () => {
    const id = await add('acc_1');
    const job = createJob();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: noteLocked } = Promise.withResolvers<void>();
    const holder = db.sql.begin(async (tx) => {
      await tx`lock table accounts in access exclusive mode`;
      noteLocked();
      await released;
    });
    await locked;
    const refresh = job.refreshNow(id);
    await job.stop();
    release();
    await Promise.all([holder, refresh]);
    expect(endpoint.bodies).toEqual([]);
  });

  it.each([
    ['no client id', { clientId: null }, OLD, 'set TOLLGATE_OAUTH_ANTHROPIC_CLIENT_ID'],
    ['another secret key', { secretKey: parseSecretKey('cd'.repeat(32)) }, OLD, 'another secret key'],
    [
      'an endpoint that is forbidden',
      { policy: createOutboundPolicy({ allow: [] }) },
      OLD,
      'refused: forbidden-address',
    ],
    ['damaged credentials', {}, 'text' as unknown as object, 'damaged'],
  ])(
    '[ACC-6] %s is a failure that names itself, and nothing is sent',
    async (_name, changes, credentials, told) => {
      const id = await add('acc_1', {}, credentials);
      await createJob(changes).refreshNow(id);
      const [row] = await db.select().from(accounts);
      expect(row?.statusReason).toContain(told);
      expect(endpoint.bodies).toEqual([]);
    },
  );

  it('without a refresh token there is nothing to do, and no mark', async () => {
    const id = await add('acc_1', {}, { access_token: 'a' });
    const job = createJob();
    await job.refreshNow(id);
    await job.refreshNow('acc_none');
    expect(await read(id)).toMatchObject({ status: 'active', nextRefreshAt: null, statusReason: null });
    expect(endpoint.bodies).toEqual([]);
  });

  it('a database that is away is no end: the next look finds what is due', async () => {
    const id = await add('acc_1');
    await db.sql`alter table accounts rename to accounts_away`;
    createJob().start();
    await expect.poll(() => logged.join()).toContain('no look at tokens');
    await db.sql`alter table accounts_away rename to accounts`;
    await expect.poll(async () => (await read(id)).refreshedAt).not.toBeNull();
  });
});

/** The database, but for transactions through drizzle, which only the end of a refresh uses. */
function failOnWrite(real: Database, fails: () => boolean = () => true): Database {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'transaction' && fails()) return () => Promise.reject(new Error('connection lost'));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' && name !== 'sql' ? (value.bind(target) as unknown) : value;
    },
  });
}
