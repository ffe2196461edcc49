import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

const readPaths = (config: string) =>
  api.client.config.applyFile.mutate({ config }).then(
    () => [],
    (fault: { data: { problems: { path: string }[] } }) => fault.data.problems.map(({ path }) => path),
  );

it('[CTL-4] references that nobody has followed are told together with all else, each place once', async () => {
  const audited = (await api.readAudit()).length;
  const paths = await readPaths(`
groups: [{ name: g, platform: anthropic, colour: red }]
proxies: [{ name: p, url: { env: AWAY } }]
accounts:
  - { name: a, platform: anthropic, kind: api-key, credentials: { api_key: { env: AWAY } }, groups: [nowhere] }
  - { name: b, platform: anthropic, kind: oauth, credentials: { access_token: { env: AWAY }, refresh_token: r } }
  - { name: c, platform: anthropic, kind: api-key, credentials: { api_key: { evn: AWAY } }, base_url: 'ftp://x' }
  - { name: d, platform: anthropic, kind: api-key, credentials: { api_key: { env: AWAY, optional: true } } }
users: [{ email: nobody }]
keys: [{ user: u@example.com, name: k, groups: [g], key: { file: away } }]
`);
  expect(paths.toSorted()).toEqual(
    [
      'groups[0].colour',
      'proxies[0].url',
      'accounts[0].credentials.api_key',
      'accounts[0].groups[0]',
      'accounts[1].credentials.access_token',
      'accounts[2].credentials.api_key.env',
      'accounts[2].credentials.api_key.evn',
      'accounts[3].credentials.api_key',
      'users[0].email',
      'keys[0].user',
      'keys[0].key',
    ].toSorted(),
  );
  expect(await api.readAudit()).toHaveLength(audited);
});
