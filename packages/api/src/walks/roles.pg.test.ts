import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildScope } from '../base/token-scopes.ts';
import { addPerson, signInAs } from '../testing/add-person.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { callProcedure } from './call-procedure.ts';
import { listProcedures } from './list-procedures.ts';
import { isOwn } from './walker.ts';

/** For anyone, whoever they are. All others must refuse strangers. */
const PUBLIC = ['health.get', 'auth.signIn', 'auth.signOut', 'auth.whoAmI', 'auth.useSetUpLink'];

const all = listProcedures();
const forPersons = all.filter(isOwn);
const forAdmins = all.filter((one) => !isOwn(one) && !PUBLIC.includes(one.path));

let api: TestApi;
/** Headers of callers. */
let asUser: Record<string, string>;
let asAdmin: Record<string, string>;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  await addPerson(api, 'user@example.com');
  await addPerson(api, 'admin@example.com', 'admin');
  const user = await signInAs(api, 'user@example.com');
  const admin = await signInAs(api, 'admin@example.com');
  asUser = { cookie: user.cookie, origin: api.url };
  asAdmin = { cookie: admin.cookie, origin: api.url };
});
afterAll(() => api.stop());

async function makeToken(scopes: string[]): Promise<Record<string, string>> {
  const { token } = await api.client.adminTokens.create.mutate({ name: 'walk', scopes, expiresAt: null });
  return { authorization: `Bearer ${token}` };
}

describe('every procedure', () => {
  it('is walked', () => {
    expect(PUBLIC.every((path) => all.some((one) => one.path === path))).toBe(true);
    expect(forPersons.length).toBeGreaterThan(15);
    expect(forAdmins.length).toBeGreaterThan(50);
  });

  it.each([...forAdmins, ...forPersons])('[CTL-1] $path refuses a stranger with 401', async (one) => {
    for (const headers of [
      {} as Record<string, string>,
      { cookie: `tollgate_session=${'a'.repeat(43)}`, origin: api.url },
      { authorization: 'Bearer tga_wrong' },
      // A bad token is not mended by a good cookie.
      { ...asAdmin, authorization: 'Bearer tga_wrong' },
    ]) {
      expect((await callProcedure(api, one, undefined, headers)).status).toBe(401);
    }
  });

  it.each(forAdmins)('[CTL-1] $path refuses a user with 403, and lets an admin in', async (one) => {
    expect((await callProcedure(api, one, undefined, asUser)).status).toBe(403);
    const { status } = await callProcedure(api, one, { walks: 'by' }, asAdmin);
    expect([200, 400, 404, 409, 412]).toContain(status);
  });

  it.each(forPersons)('[CTL-1] $path refuses a token, which is nobody, with 403', async (one) => {
    expect((await callProcedure(api, one, undefined, await makeToken(['*']))).status).toBe(403);
  });

  it.each(forAdmins)('[CTL-2] $path asks a token for exactly its scope', async (one) => {
    const scope = buildScope(one.path, one.type);
    const others = forAdmins
      .map(({ path, type }) => buildScope(path, type))
      .filter((other, index, list) => other !== scope && list.indexOf(other) === index);
    const without = await callProcedure(api, one, undefined, await makeToken(others));
    expect([without.status, without.text]).toEqual([403, expect.stringContaining(scope)]);
    // Past the ladder it is the input that is refused, so that the walk changes nothing.
    const withScope = await callProcedure(api, one, { walks: 'by' }, await makeToken([scope]));
    expect(withScope.text).not.toContain('has not the scope');
    expect([401, 500, 503]).not.toContain(withScope.status);
    const reader = await callProcedure(api, one, { walks: 'by' }, await makeToken(['read']));
    expect(reader.status === 403).toBe(one.type === 'mutation');
  });

  it.each([...forAdmins, ...forPersons].filter(({ type }) => type === 'mutation'))(
    '[CTL-2] $path with a cookie is refused to other people’s pages, and is no GET',
    async (one) => {
      const { cookie = '' } = isOwn(one) ? asUser : asAdmin;
      for (const headers of [
        { cookie },
        { cookie, origin: 'https://evil.example' },
        { cookie, origin: 'null' },
        { cookie, origin: api.url, 'sec-fetch-site': 'cross-site' },
        { cookie, origin: api.url, 'sec-fetch-site': 'same-site' },
      ]) {
        const answer = await callProcedure(api, one, { walks: 'by' }, headers as Record<string, string>);
        expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('another page')]);
      }
      const own = { cookie, origin: api.url };
      expect((await callProcedure(api, { ...one, type: 'query' }, undefined, own)).status).toBe(405);
    },
  );
});
