import { randomBytes } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import { createTollgateClient } from '@tollgate/api';
import { createAdmin, createPasswordHasher } from '@tollgate/api/server';
import { silentLogger, systemClock, type AccountId, type Invalidation, type Logger } from '@tollgate/core';
import { openDatabase, parseSecretKey, schema, type Database } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseControlConfig } from './control-config.ts';
import { ensureFirstAdminToken } from './ensure-first-admin-token.ts';
import { startControl, type ControlOptions, type RunningControl } from './start-control.ts';

const TOKEN = 'tga_given_0123456789abcdef';
const BODY_BYTES_MAX = 20_000;
const { oauthClients, usageMonthsKept } = parseControlConfig({});

let database: TestDatabase;
let db: Database;
let control: RunningControl;
const published: Invalidation[] = [];
const logged: string[] = [];

function buildOptions(extra: Partial<ControlOptions> = {}): ControlOptions {
  return {
    config: { host: '127.0.0.1', port: 0, bodyBytesMax: BODY_BYTES_MAX, oauthClients, usageMonthsKept },
    db,
    secretKey: parseSecretKey(randomBytes(32).toString('base64')),
    logger: {
      ...silentLogger,
      error: (detail, message) => void logged.push(`${message} ${JSON.stringify(detail)}`),
    } satisfies Logger,
    outboundAllow: ['10.0.0.0/8'],
    publish: async (invalidations) => published.push(...invalidations),
    ...extra,
  };
}

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 6 });
});
afterAll(async () => {
  await control.close();
  await db.close();
  await database.drop();
});

describe('ensureFirstAdminToken', () => {
  it('[CTL-2] of three starts at once one stores the given token, and only its hash', async () => {
    const start = () => ensureFirstAdminToken(db, { given: TOKEN });
    const tokens = await Promise.all([start(), start(), start()]);
    expect(tokens.filter((token) => token !== null)).toEqual([TOKEN]);
    const stored = JSON.stringify([
      await db.select().from(schema.adminTokens),
      await db.select().from(schema.audit),
    ]);
    expect(stored).not.toContain(TOKEN);
    expect(stored).toContain('admin-token.create');
    expect(await ensureFirstAdminToken(db)).toBeNull();
  });

  it('[CTL-2] makes one when none is given', async () => {
    const other = await createTestDatabase(inject('postgresUrl'));
    const empty = openDatabase(other.url, { max: 1 });
    expect(await ensureFirstAdminToken(empty, { given: null })).toMatch(/^tga_[A-Za-z0-9_-]{43}$/);
    expect(await ensureFirstAdminToken(empty)).toBeNull();
    // Nor does a start bring back what was revoked.
    await empty.sql`delete from admin_tokens`;
    expect(await ensureFirstAdminToken(empty, { given: TOKEN })).toBeNull();
    await empty.close();
    await other.drop();
  });
});

describe('startControl', () => {
  it('[CTL-1] serves the API to the typed client', async () => {
    control = await startControl(buildOptions());
    const client = createTollgateClient({ url: `${control.url}/`, token: TOKEN });
    const group = await client.groups.create.mutate({ name: 'main', platform: 'anthropic' });
    // The first is of the start: the built-in prices are in force.
    expect(published).toEqual([{ scope: 'price' }, { scope: 'group', groupId: group.id }]);
    expect(await client.health.get.query()).toEqual({ ok: true, version: '0.1.0' });
  });

  it('[OPS-6] refuses private upstream addresses unless they are allowed', async () => {
    const { accounts } = createTollgateClient({ url: control.url, token: TOKEN });
    const make = (name: string, baseUrl: string) =>
      accounts.create.mutate({
        name,
        platform: 'openai',
        kind: 'api-key',
        credentials: { api_key: 'x' },
        baseUrl,
      });
    await expect(make('a', 'http://169.254.169.254/latest')).rejects.toThrow('baseUrl: leads to a private');
    await expect(make('b', 'http://[::ffff:127.0.0.1]')).rejects.toThrow('baseUrl: leads to a private');
    await expect(make('c', 'file:///etc/passwd')).rejects.toThrow('baseUrl: must begin with https://');
    await expect(make('d', 'https://user:secret@example.com')).rejects.toThrow('user name or password');
    expect(await make('e', 'http://10.1.2.3:8080/v1/')).toMatchObject({ baseUrl: 'http://10.1.2.3:8080/v1' });
  });

  it('[OPS-6] refuses proxies at private addresses, and never shows their password', async () => {
    const { accounts } = createTollgateClient({ url: control.url, token: TOKEN });
    const make = (name: string, proxy: string) =>
      accounts.create.mutate({
        name,
        platform: 'openai',
        kind: 'api-key',
        credentials: { api_key: 'x' },
        proxy,
      });
    await expect(make('p', 'socks5://127.0.0.1:1080')).rejects.toThrow('proxy: leads to a private');
    await expect(make('p', 'ftp://proxy.example.com')).rejects.toThrow('proxy: must begin with http://');
    const made = await make('p', 'socks5://ann:secret@10.1.2.3');
    expect(made).toMatchObject({ proxy: 'socks5://10.1.2.3:1080' });
  });

  it('[LIM-3] without a live store says so', async () => {
    const { live } = createTollgateClient({ url: control.url, token: TOKEN });
    await expect(live.slots.query({ kind: 'user' })).rejects.toThrow('no live store');
  });

  it('[CTL-4] applies a file as system, at start', async () => {
    const plan = await control.apply('users: [{ email: s@example.com, balance: "1" }]');
    expect(plan).toMatchObject([{ object: 'user', action: 'create' }]);
    await expect(control.apply('users: [{ mail: s }]')).rejects.toThrow('users[0].mail: unknown field');
    const audit = await db.select().from(schema.audit);
    expect(audit.some(({ actor, action }) => actor === 'system' && action === 'user.create')).toBe(true);
  });

  it('answers /health, and 404 and 405 in JSON, each with a request id', async () => {
    const cases = [
      ['GET', '/health', 200],
      ['HEAD', '/health', 200],
      ['POST', '/health', 405],
      ['GET', '/', 404],
      ['GET', '/trpc', 404],
      ['GET', '/trpcx/health.get', 404],
      ['GET', '/trpc/no.such', 404],
      ['GET', '/../etc/passwd', 404],
    ] as const;
    for (const [method, path, status] of cases) {
      const answer = await fetch(control.url + path, { method });
      expect([method, path, answer.status]).toEqual([method, path, status]);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    }
  });

  it('[CTL-2] serves the page of set-up links, which nobody may frame', async () => {
    const answer = await fetch(`${control.url}/set-up`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect((await fetch(`${control.url}/set-up`, { method: 'POST' })).status).toBe(404);
  });

  it('[CTL-2] sees the address of persons through trusted proxies alone, and https by its own URL', async () => {
    const given = {
      email: 'p@example.com',
      passwordHash: await createPasswordHasher().hash('a long password'),
    };
    const userId = await createAdmin(db, systemClock, given);
    const signIn = async (extra: Partial<ControlOptions['config']>) => {
      const config = { ...buildOptions().config, ...extra };
      const second = await startControl(buildOptions({ config }));
      const answer = await fetch(`${second.url}/trpc/auth.signIn`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.1' },
        body: JSON.stringify({ email: given.email, password: 'a long password' }),
      });
      await second.close();
      const [row] =
        await db.sql`select address from sessions where user_id = ${userId} order by id desc limit 1`;
      return [row?.['address'], answer.headers.get('set-cookie')?.split('=')[0]];
    };
    expect(await signIn({})).toEqual(['127.0.0.1', 'tollgate_session']);
    const behindProxy = { trustedProxies: ['127.0.0.0/8'], publicUrl: 'https://control.example.com' };
    expect(await signIn(behindProxy)).toEqual(['203.0.113.1', '__Host-tollgate_session']);
  });

  it('refuses a body over the limit with 413, declared or streamed', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const url = `${control.url}/trpc/config.applyFile`;
    const body = JSON.stringify({ config: 'x'.repeat(BODY_BYTES_MAX) });
    const declared = await fetch(url, { method: 'POST', headers, body });
    expect(declared.status).toBe(413);
    const chunks = new Blob([body]).stream();
    const streamed = await fetch(url, { method: 'POST', headers, body: chunks, duplex: 'half' });
    expect(streamed.status).toBe(413);
  });

  it.each(['', 'not json', '{"config":', '[]', '"text"', '\u0000', '{"config":7}'])(
    'answers 400 to the body %j',
    async (body) => {
      const answer = await fetch(`${control.url}/trpc/config.applyFile`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body,
      });
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toMatch(/node_modules|at .*\.ts/);
    },
  );

  it('[REQ-5] logs a fault under the request id that the answer shows, without what was sent', async () => {
    await db.sql`alter table users rename to users_away`;
    const answer = await fetch(`${control.url}/trpc/users.create`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'private@example.com' }),
    });
    await db.sql`alter table users_away rename to users`;
    expect(answer.status).toBe(500);
    const line = logged.find((text) => text.includes(answer.headers.get('x-request-id') ?? '?'));
    expect(line).toContain('users.create');
    expect(line).not.toContain('private@example.com');
  });

  it('[ACC-6] hears the gateways’ wishes for new tokens, and starts although it cannot', async () => {
    let wish: (id: AccountId) => void = () => {};
    const second = await startControl(
      buildOptions({
        onTokenRefreshRequest: async (onRequest) => {
          wish = onRequest;
          return async () => {};
        },
      }),
    );
    const { accounts } = createTollgateClient({ url: second.url, token: TOKEN });
    const { id } = await accounts.create.mutate({
      name: 'refreshed',
      platform: 'openai',
      kind: 'oauth',
      credentials: { access_token: 'a', refresh_token: 'r' },
    });
    wish(id as AccountId);
    await expect
      .poll(async () => (await accounts.get.query({ id })).statusReason)
      .toContain('TOLLGATE_OAUTH_OPENAI_CLIENT_ID');
    await second.close();
    const third = await startControl(
      buildOptions({ onTokenRefreshRequest: () => Promise.reject(new Error('the store is closed')) }),
    );
    await third.close();
  });

  it('says so when the port is taken', async () => {
    const config = { host: '127.0.0.1', port: control.port, bodyBytesMax: 1, oauthClients, usageMonthsKept };
    await expect(startControl(buildOptions({ config }))).rejects.toThrow('EADDRINUSE');
  });

  it('[AUTH-6] pushes at start what a crash left in the outbox', async () => {
    await db.insert(schema.outbox).values({ invalidation: { scope: 'group', groupId: 'grp_left' } });
    const told: Invalidation[] = [];
    const second = await startControl(
      buildOptions({ publish: async (invalidations) => told.push(...invalidations) }),
    );
    await expect
      .poll(() => told.concat(published))
      .toContainEqual({
        scope: 'group',
        groupId: 'grp_left',
      });
    await second.close();
  });

  it('[AUTH-6] answers although the store hangs, and closes although a client holds its socket', async () => {
    const { promise: hung, resolve: release } = Promise.withResolvers<number>();
    const second = await startControl(buildOptions({ publish: () => hung }));
    const client = createTollgateClient({ url: second.url, token: TOKEN });
    await expect(client.groups.create.mutate({ name: 'hung', platform: 'gemini' })).resolves.toBeDefined();
    const socket = connectSocket(second.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /trpc/groups.create HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{');
    release(1);
    await second.close();
    await second.close();
    socket.destroy();
    await expect(client.health.get.query()).rejects.toThrow('fetch failed');
  });
});
