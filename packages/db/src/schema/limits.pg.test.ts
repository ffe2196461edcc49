import { beforeAll, expect, it } from 'vitest';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { hashKey } from '../hash-key.ts';
import { accounts, groups, keys, subscriptions, users } from './index.ts';

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
  ['groups', "messages_dispatch = '[]'"],
  ['groups', "model_scopes = '{}'"],
  ['accounts', "upstream_protocol = 'gemini'"],
  ['accounts', "upstream_protocol = 'chat', platform = 'gemini'"],
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
  ['users', 'low_balance_threshold = -1'],
  ['users', 'low_balance_percent = 0'],
  ['users', 'low_balance_percent = 101'],
  ['users', 'low_balance_percent = 5, low_balance_threshold = 1'],
  ['users', "notice_emails = '{}'"],
  ['users', 'total_recharged = -1'],
  ['keys', 'quota = 0'],
  ['keys', 'quota = 1000000.000000000001'],
  ['keys', 'limit_5h = -1'],
  ['keys', 'limit_1d = 0'],
  ['keys', 'quota = 5, limit_7d = 0'],
  ['keys', 'spent_total = -1'],
  ['keys', 'spent_7d = -0.000000000001'],
  ['groups', 'limit_day = 0'],
  ['groups', 'limit_week = 1000001'],
  ['groups', 'limit_day = 1, limit_month = -1'],
  ['groups', 'hold_max = -1'],
  ['groups', "hang_up = 'wait'"],
  ['groups', 'drain_ms = -1'],
  ['groups', 'drain_tokens = 10000001'],
  ['groups', 'image_price_1k = -0.01'],
  ['groups', 'image_price_4k = 1001'],
  ['subscriptions', "status = 'expired'"],
  ['subscriptions', 'expires_at = starts_at'],
  ['subscriptions', 'day_spent = -1'],
  ['subscriptions', "group_id = 'grp_none'"],
  ['notices', "kind = 'weather'"],
  ['notices', 'tries = -1'],
  ['usage_hourly', "state = 'melted'"],
  ['totp', 'used_step = -1'],
  ['sign_in_tries', "kind = 'country'"],
  ['sign_in_tries', 'failures = -1'],
  ['admin_tokens', "scopes = '{}'"],
  ['sessions', "user_id = 'usr_none'"],
  ['alert_channels', "kind = 'pager'"],
  ['alert_channels', "kind = 'slack'"],
  ['alert_channels', "sealed_url = 'v1:x'"],
  ['alert_channels', "sealed_secret = 'v1:x'"],
  ['alert_channels', "config = '[]'"],
  ['alert_rules', 'position = 0'],
  ['alert_rules', "comparison = 'near'"],
  ['alert_rules', "threshold = 'NaN'"],
  ['alert_rules', 'threshold = -1'],
  ['alert_rules', "filter = '[]'"],
  ['alert_rules', 'window_minutes = 0'],
  ['alert_rules', 'window_minutes = 1441'],
  ['alert_rules', 'for_minutes = 1441'],
  ['alert_rules', "severity = 'loud'"],
  ['alert_rules', 'cool_down_minutes = 10081'],
  ['alert_rules', 'fallback_channel_id = channel_id'],
  ['alert_rules', "channel_id = null, fallback_channel_id = 'alc_1'"],
  ['alert_rules', "channel_id = 'alc_none'"],
  ['alert_rule_states', "state = 'silenced'"],
  ['alert_events', "state = 'pending'"],
  ['alert_events', "state = 'resolved'"],
  ['alert_events', 'resolved_at = now()'],
  ['alert_silences', "ends_at = starts_at - interval '1 second'"],
  ['alert_deliveries', "kind = 'test'"],
  ['alert_deliveries', 'event_id = null'],
  ['alert_deliveries', "state = 'sent'"],
  ['alert_deliveries', 'tries = -1'],
  ['rpm_overrides', 'rpm = -1'],
  ['rpm_overrides', 'rpm = 1000000001'],
];

function buildSubscription(id: string) {
  const period = { startsAt: new Date('2026-01-01'), expiresAt: new Date('2026-02-01') };
  return { id, userId: 'usr_1', groupId: 'grp_1', ...period };
}

forEachDatabase((database) => {
  beforeAll(async () => {
    const { db } = database;
    await db.insert(users).values({ id: 'usr_1', email: 'u@example.com' });
    await db.insert(groups).values({ id: 'grp_1', name: 'one', platform: 'openai' });
    const account = { platform: 'openai', kind: 'oauth', baseUrl: 'https://x', sealedCredentials: 'x' };
    await db.insert(accounts).values({ ...account, id: 'acc_1', name: 'one' });
    await db
      .insert(keys)
      .values({ id: 'key_1', userId: 'usr_1', name: 'one', hash: hashKey('one'), prefix: 'x' });
    await db.insert(subscriptions).values(buildSubscription('sub_1'));
    await db.sql`insert into notices (user_id, kind, detail) values ('usr_1', 'low-balance', '{}')`;
    await db.sql`insert into usage_hourly values (now(), gen_random_uuid(), '', '', '', '', '', '', 'failed',
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`;
    await db.sql`insert into totp (user_id, sealed_secret) values ('usr_1', 'x')`;
    await db.sql`insert into sign_in_tries (kind, subject, failures, blocked_until) values ('account', 'x', 1, now())`;
    await db.sql`insert into admin_tokens (id, name, hash) values ('adm_1', 'x', 'x')`;
    await db.sql`insert into sessions (id, user_id, hash, idle_expires_at, expires_at, address, user_agent)
      values ('ses_1', 'usr_1', 'x', now(), now(), '', '')`;
    await db.sql`insert into alert_channels (id, name, kind, config) values ('alc_1', 'one', 'email', '{}')`;
    await db.sql`insert into alert_rules (id, name, position, metric, comparison, threshold, channel_id)
      values ('alr_1', 'one', 1, 'requests', 'above', 1, 'alc_1')`;
    await db.sql`insert into alert_rule_states (rule_id, since) values ('alr_1', now())`;
    await db.sql`insert into alert_events
      (id, rule_id, rule_name, severity, metric, comparison, threshold, fired_at, value_at_fire)
      values ('ale_1', 'alr_1', 'one', 'info', 'requests', 'above', 1, now(), 2)`;
    await db.sql`insert into alert_silences (id, starts_at, ends_at, created_by) values ('als_1', now(), now(), 'x')`;
    await db.sql`insert into alert_deliveries (id, event_id, kind, channel_name) values ('ald_1', 'ale_1', 'firing', 'one')`;
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

  it('[MON-9] a user has one subscription to a group that is not revoked, however many are assigned at once', async () => {
    const { db } = database;
    const assign = (id: string) => db.insert(subscriptions).values(buildSubscription(id));
    await db.sql`update subscriptions set status = 'revoked' where id = 'sub_1'`;
    const assigned = await Promise.allSettled(['sub_2', 'sub_3', 'sub_4', 'sub_5'].map(assign));
    expect(assigned.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(db.sql`update subscriptions set status = 'active' where id = 'sub_1'`).rejects.toThrow(
      'subscriptions_user_group',
    );
  });

  it('[OPS-5] a rule has one open event, whoever evaluates; what is over, and of other rules, is not counted', async () => {
    const { db } = database;
    const fire = (id: string, ruleId: string | null) =>
      db.sql`insert into alert_events
        (id, rule_id, rule_name, severity, metric, comparison, threshold, fired_at, value_at_fire)
        values (${id}, ${ruleId}, 'one', 'info', 'requests', 'above', 1, now(), 2)`;
    await expect(fire('ale_2', 'alr_1')).rejects.toThrow('alert_events_open');
    await db.sql`update alert_events set state = 'resolved', resolved_at = now() where id = 'ale_1'`;
    const fired = await Promise.allSettled([fire('ale_2', 'alr_1'), fire('ale_3', 'alr_1')]);
    expect(fired.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await fire('ale_4', null);
    await fire('ale_5', null);
  });

  it('[OPS-5] what a rule was is still known when it is gone; what was known of it is not', async () => {
    const { db } = database;
    await db.sql`delete from alert_rules where id = 'alr_1'`;
    const events = await db.sql`select distinct rule_id from alert_events`;
    expect([...events]).toEqual([{ rule_id: null }]);
    expect([...(await db.sql`select * from alert_rule_states`)]).toEqual([]);
    await db.sql`delete from alert_events where id = 'ale_1'`;
    expect([...(await db.sql`select * from alert_deliveries`)]).toEqual([]);
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
