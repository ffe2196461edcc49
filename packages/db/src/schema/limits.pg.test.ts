import { beforeAll, expect, it } from 'vitest';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { accounts, groups, users } from './index.ts';

/** Whatever writes to the tables, these figures cannot get in. */
const REFUSED: readonly [table: string, change: string][] = [
  ['users', 'tpm = -1'],
  ['users', 'tpm = 1000000001'],
  ['users', 'weight = 0'],
  ['users', 'weight = 101'],
  ['users', 'queue_max = -1'],
  ['users', 'queue_max = 1000001'],
  ['users', 'token_limit = -1'],
  ['users', 'token_limit = 1000000000001'],
  ['users', 'token_usage = -1'],
  ['groups', 'tpm = -1'],
  ['groups', "client_restriction = 'browser'"],
  ['groups', 'fallback_group_id = id'],
  ['groups', 'invalid_request_fallback_group_id = id'],
  ['groups', "fallback_group_id = 'grp_none'"],
  ['groups', "model_routing = '{}'"],
  ['groups', 'queue_timeout_ms = 0'],
  ['groups', 'queue_timeout_ms = 3600001'],
  ['accounts', "sealed_proxy_url = 'v1:x'"],
  ['accounts', "proxy_shown = 'http://x'"],
  ['accounts', 'sessions_max = -1'],
  ['accounts', 'session_idle_ms = 999'],
  ['accounts', 'session_idle_ms = 86400001'],
  ['accounts', 'window_cost_limit = -0.000000000001'],
  ['accounts', 'window_cost_limit = 1000000001'],
  ['accounts', 'window_cost_reserve = -1'],
  ['accounts', "passed_statuses = '418'"],
  ['accounts', "pause_rules = '{}'"],
  ['accounts', "pinned_headers = '[]'"],
  ['rpm_overrides', 'rpm = -1'],
  ['rpm_overrides', 'rpm = 1000000001'],
];

forEachDatabase((database) => {
  beforeAll(async () => {
    const { db } = database;
    await db.insert(users).values({ id: 'usr_1', email: 'u@example.com' });
    await db.insert(groups).values({ id: 'grp_1', name: 'one', platform: 'openai' });
    const account = { platform: 'openai', kind: 'oauth', baseUrl: 'https://x', sealedCredentials: 'x' };
    await db.insert(accounts).values({ ...account, id: 'acc_1', name: 'one' });
    await db.sql`insert into rpm_overrides (user_id, group_id, rpm) values ('usr_1', 'grp_1', 1)`;
  });

  it.each(REFUSED)('[CTL-3] %s: refuses %s', async (table, change) => {
    await expect(database.db.sql.unsafe(`update ${table} set ${change}`)).rejects.toThrow(
      /violates (check|foreign key) constraint/,
    );
  });

  it('[SEL-6] a group that others fall back to cannot go', async () => {
    const { db } = database;
    const fallbackGroupId = 'grp_1';
    await db.insert(groups).values({ id: 'grp_2', name: 'two', platform: 'openai', fallbackGroupId });
    await expect(db.sql`delete from groups where id = 'grp_1'`).rejects.toThrow(/foreign key/);
    await db.sql`delete from groups where id = 'grp_2'`;
  });

  it('[LIM-1] overrides go with their user and their group', async () => {
    const { db } = database;
    await db.sql`insert into users (id, email) values ('usr_2', 'v@example.com')`;
    await db.sql`insert into groups (id, name, platform) values ('grp_3', 'three', 'openai')`;
    await db.sql`insert into rpm_overrides values ('usr_2', 'grp_1', 0), ('usr_1', 'grp_3', 0)`;
    await db.sql`delete from users where id = 'usr_2'`;
    await db.sql`delete from groups where id = 'grp_3'`;
    expect([...(await db.sql`select user_id, group_id from rpm_overrides`)]).toEqual([
      { user_id: 'usr_1', group_id: 'grp_1' },
    ]);
  });
});
