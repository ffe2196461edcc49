import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addPerson, signInAs } from '../testing/add-person.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import type { TollgateClient } from '../client.ts';

let api: TestApi;
let adminId: string;
let userId: string;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  adminId = await addPerson(api, 'admin@example.com', 'admin');
  userId = await addPerson(api, 'user@example.com');
  await addPerson(api, 'other@example.com', 'admin');
});
afterAll(() => api.stop());

const FORBIDDEN = { data: { code: 'FORBIDDEN', httpStatus: 403 } };
/** All that there is but `*`. */
const FEW = [
  'read',
  'users:write',
  'config:write',
  'setUpLinks:write',
  'adminTokens:write',
  'keys:write',
  'balances:write',
  'settings:write',
];

async function makeToken(scopes: string[]) {
  return api.client.adminTokens.create.mutate({ name: scopes.join(), scopes, expiresAt: null });
}
const apply = (client: TollgateClient, config: string, options: object = {}) =>
  client.config.applyFile.mutate({ config, ...options });
const readAdmins = () =>
  api.db.sql`select id, email, role, status, password_hash from users order by id`.then((rows) => [...rows]);

type Act = (client: TollgateClient) => Promise<unknown>;
/** Everything that would make an admin, or take one over or out. */
const ACTS: [string, Act][] = [
  ['makes an admin', ({ users }) => users.create.mutate({ email: 'new@example.com', role: 'admin' })],
  ['raises a user', ({ users }) => users.update.mutate({ id: userId, role: 'admin' })],
  ['demotes an admin', ({ users }) => users.update.mutate({ id: adminId, role: 'user' })],
  ['disables an admin', ({ users }) => users.update.mutate({ id: adminId, status: 'disabled' })],
  ['takes the address', ({ users }) => users.update.mutate({ id: adminId, email: 'mine@example.com' })],
  ['deletes an admin', ({ users }) => users.delete.mutate({ id: adminId })],
  ['makes an admin by a file', (client) => apply(client, 'users: [{ email: n@example.com, role: admin }]')],
  ['raises by a file', (client) => apply(client, 'users: [{ email: user@example.com, role: admin }]')],
  [
    'rehearses it',
    (client) => apply(client, 'users: [{ email: user@example.com, role: admin }]', { dryRun: true }),
  ],
  [
    'renames an admin by a file',
    (client) => apply(client, 'users: [{ email: mine@example.com, renamed_from: admin@example.com }]'),
  ],
  [
    'disables by a file',
    (client) => apply(client, 'users: [{ email: admin@example.com, status: disabled }]'),
  ],
  [
    'deletes what a file does not name',
    (client) =>
      apply(client, 'users: [{ email: user@example.com }, { email: other@example.com }]', { prune: true }),
  ],
  ['makes a link for a new admin', ({ setUpLinks }) => setUpLinks.create.mutate()],
  ['makes a link for an admin', ({ setUpLinks }) => setUpLinks.create.mutate({ userId: adminId })],
  [
    'makes a link that takes the authenticator',
    ({ setUpLinks }) => setUpLinks.create.mutate({ userId: adminId, resetsTotp: true }),
  ],
  [
    'makes a token that may do everything',
    ({ adminTokens }) => adminTokens.create.mutate({ name: 'x', scopes: ['*'], expiresAt: null }),
  ],
];

describe.each(ACTS)('whoever %s', (_what, act) => {
  it('[CTL-2] is refused as a token that may do all but everything, and nothing is changed', async () => {
    const { token } = await makeToken(FEW);
    const [before, audited] = [await readAdmins(), (await api.readAudit()).length];
    api.published.length = 0;
    await expect(act(api.connect(token))).rejects.toMatchObject(FORBIDDEN);
    expect(await readAdmins()).toEqual(before);
    expect(await api.readAudit()).toHaveLength(audited);
    expect(api.published).toEqual([]);
  });

  it('[CTL-2] is refused as a person of role user', async () => {
    const { client } = await signInAs(api, 'user@example.com');
    const before = await readAdmins();
    await expect(act(client)).rejects.toMatchObject(FORBIDDEN);
    expect(await readAdmins()).toEqual(before);
  });
});

it.each(ACTS)('[CTL-2] whoever %s is let in as an admin, and as a token with *', async (_what, act) => {
  const other = await startTestApi(inject('postgresUrl'));
  const [mine, adminBefore, userBefore] = [api, adminId, userId];
  try {
    for (const kind of ['person', 'token'] as const) {
      await other.db.sql`truncate users cascade`;
      adminId = await addPerson(other, 'admin@example.com', 'admin');
      userId = await addPerson(other, 'user@example.com');
      await addPerson(other, 'other@example.com', 'admin');
      const client = kind === 'token' ? other.client : (await signInAs(other, 'other@example.com')).client;
      await expect(act(client)).resolves.toBeDefined();
    }
  } finally {
    [api, adminId, userId] = [mine, adminBefore, userBefore];
    await other.stop();
  }
});

it('[CTL-2] a token of the scope users:write does all else, of admins too', async () => {
  const { token } = await makeToken(['users:write', 'config:write']);
  const client = api.connect(token);
  const { id } = await client.users.create.mutate({ email: 'plain@example.com' });
  await client.users.update.mutate({ id, email: 'plainer@example.com', status: 'disabled', role: 'user' });
  expect(
    await client.users.update.mutate({ id: adminId, rpm: 7, role: 'admin', status: 'active' }),
  ).toMatchObject({ rpm: 7, role: 'admin' });
  const { plan } = await apply(client, 'users: [{ email: admin@example.com, role: admin, rpm: 8 }]');
  expect(plan).toMatchObject([{ action: 'update', changes: { rpm: { from: 7, to: 8 } } }]);
  await client.users.delete.mutate({ id });
});

it('[CTL-2] of a file that is refused for its admins nothing stays', async () => {
  const { token } = await makeToken(['config:write']);
  const file = 'users: [{ email: a@example.com }, { email: b@example.com, role: admin }]';
  await expect(apply(api.connect(token), file)).rejects.toThrow('b@example.com is an admin, or would be one');
  expect((await api.client.users.list.query({ search: 'a@example.com' })).items).toEqual([]);
});

it('[CTL-2] a token revokes itself and those that may do no more, and no other', async () => {
  const few = await makeToken(['adminTokens:write', 'keys:read']);
  const less = await makeToken(['keys:read']);
  const more = await makeToken(['adminTokens:write', 'keys:write']);
  const full = await makeToken(['*']);
  const { adminTokens } = api.connect(few.token);
  for (const { id } of [more, full]) {
    await expect(adminTokens.revoke.mutate({ id })).rejects.toMatchObject(FORBIDDEN);
  }
  await expect(api.connect(full.token).users.list.query()).resolves.toBeDefined();
  await adminTokens.revoke.mutate({ id: less.id });
  await adminTokens.revoke.mutate({ id: few.id });
});
