import { schema } from '@tollgate/db';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { addPerson, signInAs } from '../testing/add-person.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());
beforeEach(() => api.db.delete(schema.users));

const LAST = (email: string) => `user ${email} is the last administrator who can sign in`;
const CONFLICT = { data: { code: 'CONFLICT', httpStatus: 409 } };
const apply = (config: string, options: { dryRun?: boolean; prune?: boolean } = {}) =>
  api.client.config.applyFile.mutate({ config, ...options });
const listAdmins = async () => {
  const { items } = await api.client.users.list.query();
  return items
    .filter(({ role, status }) => role === 'admin' && status === 'active')
    .map(({ email }) => email)
    .toSorted();
};

it.each([
  ['demotes', (id: string) => api.client.users.update.mutate({ id, role: 'user' })],
  ['disables', (id: string) => api.client.users.update.mutate({ id, status: 'disabled' })],
  ['deletes', (id: string) => api.client.users.delete.mutate({ id })],
  ['demotes by a file', () => apply('users: [{ email: ann@example.com, role: user }]')],
  [
    'would disable by a file',
    () => apply('users: [{ email: ann@example.com, status: disabled }]', { dryRun: true }),
  ],
  ['deletes by a file', () => apply('users: []', { prune: true })],
  [
    'renames and demotes by a file',
    () => apply('users: [{ email: eve@example.com, renamed_from: ann@example.com, role: user }]'),
  ],
])('[CTL-2] nobody %s the last admin who can sign in', async (_verb, act) => {
  const id = await addPerson(api, 'ann@example.com', 'admin');
  await api.client.users.create.mutate({ email: 'link-only@example.com', role: 'admin' });
  const off = await addPerson(api, 'off@example.com', 'admin');
  await api.client.users.update.mutate({ id: off, status: 'disabled' });
  const audited = (await api.readAudit()).length;
  api.published.length = 0;
  const refused = act(id);
  await expect(refused).rejects.toMatchObject(CONFLICT);
  await expect(refused).rejects.toThrow(/is the last administrator who can sign in/);
  expect(await listAdmins()).toEqual(['ann@example.com', 'link-only@example.com']);
  expect(await api.readAudit()).toHaveLength(audited);
  expect(api.published).toEqual([]);
});

it('[CTL-2] nor does an admin so to themselves; all else about the last one may change', async () => {
  const id = await addPerson(api, 'ann@example.com', 'admin');
  const { client } = await signInAs(api, 'ann@example.com');
  await expect(client.users.update.mutate({ id, role: 'user' })).rejects.toThrow(LAST('ann@example.com'));
  await expect(client.users.delete.mutate({ id })).rejects.toMatchObject(CONFLICT);
  expect(await client.users.update.mutate({ id, email: 'eve@example.com', rpm: 7 })).toMatchObject({
    rpm: 7,
  });
  await expect(client.me.get.query()).resolves.toMatchObject({ email: 'eve@example.com' });
});

it('[CTL-2] an admin who cannot sign in is nobody who has to stay', async () => {
  const { id } = await api.client.users.create.mutate({ email: 'link-only@example.com', role: 'admin' });
  await api.client.users.update.mutate({ id, role: 'user' });
  expect(await listAdmins()).toEqual([]);
});

it('[CTL-2] of two admins who demote each other at once one stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    await api.db.delete(schema.users);
    const people = await Promise.all(
      ['ann@example.com', 'bob@example.com'].map(async (email) => ({
        id: await addPerson(api, email, 'admin'),
        browser: await signInAs(api, email),
      })),
    );
    const [ann, bob] = people;
    const outcomes = await Promise.allSettled([
      ann?.browser.client.users.update.mutate({ id: bob?.id ?? '', role: 'user' }),
      bob?.browser.client.users.update.mutate({ id: ann?.id ?? '', status: 'disabled' }),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await listAdmins()).toHaveLength(1);
  }
});

it('[CTL-2] of ten who are deleted at once by programs the last one stays', async () => {
  const ids = await Promise.all(
    Array.from({ length: 10 }, (_, index) => addPerson(api, `a${index}@example.com`, 'admin')),
  );
  const outcomes = await Promise.allSettled(ids.map((id) => api.client.users.delete.mutate({ id })));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(await listAdmins()).toHaveLength(1);
});

it('[CTL-4] a file may hand the role over, in whatever order it names the two', async () => {
  await addPerson(api, 'ann@example.com', 'admin');
  await addPerson(api, 'bob@example.com');
  const { plan } = await apply(
    'users: [{ email: ann@example.com, role: user }, { email: bob@example.com, role: admin }]',
  );
  expect(plan.map(({ action }) => action)).toEqual(['update', 'update']);
  expect(await listAdmins()).toEqual(['bob@example.com']);
  await addPerson(api, 'eve@example.com');
  await apply('users: [{ email: eve@example.com, role: admin }]', { prune: true });
  expect(await listAdmins()).toEqual(['eve@example.com']);
});
