import { silentLogger, systemClock, type AccountId, type Logger } from '@tollgate/core';
import { claimAlertRules, openDatabase, recordRuleStep, type Database } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createAlertJobs } from '../jobs/evaluate-alerts.ts';
import { evaluateRound, type EvaluationServices } from './evaluate-round.ts';
import { NodeWatch } from './node-watch.ts';
import { addChannel, addRule, clearAlerts, type SeededRule } from './testing/seed-alerts.ts';
import { writeRequests } from './testing/write-decisions.ts';

let database: TestDatabase;
let db: Database;
const logged: string[] = [];
const logger: Logger = { ...silentLogger, warn: (_detail, message) => void logged.push(message) };

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url, { max: 10 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  logged.length = 0;
  await clearAlerts(db);
  await db.sql`truncate request_decisions`;
  await addChannel(db, 'alc_1', { url: 'https://one.example/x' });
  await addChannel(db, 'alc_2', { url: 'https://two.example/x' });
});

const WINDOWS = { min: 1, max: 1_440 };
const others = { clock: systemClock, logger, live: null, nodeWatch: null, intervalMs: 30_000 };
const evaluate = (changes: Partial<EvaluationServices> = {}): Promise<void> =>
  evaluateRound({ ...others, db, windows: WINDOWS, statementMs: 15_000, totalMs: 60_000, ...changes });

/** As if so many seconds had gone by; records grow no older. */
async function later(seconds: number): Promise<void> {
  const ago = db.sql`interval '1 s' * ${seconds}::integer`;
  await db.sql`
    update alert_rule_states set since = since - ${ago}, last_evaluated_at = last_evaluated_at - ${ago},
      last_notified_at = last_notified_at - ${ago}`;
  await db.sql`update alert_rules set updated_at = updated_at - ${ago}`;
  await db.sql`
    update alert_silences set starts_at = starts_at - ${ago}, ends_at = ends_at - ${ago}`;
}

async function evaluateLater(seconds = 30): Promise<void> {
  await later(seconds);
  await evaluate();
}

const addFiring = (id = 'alr_1', rule: SeededRule = {}) =>
  addRule(db, id, { metric: 'errors', threshold: 2, channelId: 'alc_1', ...rule });
const breakThree = () => writeRequests(db, 3, { status: 502, errorCode: 'upstream_error' });
const mend = () => db.sql`truncate request_decisions`;
const readStates = async () => [
  ...(await db.sql`
    select rule_id as id, state, last_value::float8 as value, fault, event_id is not null as "hasEvent"
    from alert_rule_states order by rule_id`),
];
const readEvents = async () => [
  ...(await db.sql`
    select rule_id as rule, state, silenced, value_at_fire::float8 as fired, value_at_resolve::float8 as resolved
    from alert_events order by ctid`),
];
const readDeliveries = async () =>
  (await db.sql`select kind, channel_id, is_fallback from alert_deliveries order by created_at, id`).map(
    (row) => `${row['kind']} ${row['channel_id']}${row['is_fallback'] ? ' fallback' : ''}`,
  );

describe('evaluate-round', () => {
  it('[OPS-5] fires on records that the writer has written, tells it, and resolves when they are past', async () => {
    await addFiring();
    await writeRequests(db, 2, { status: 500, errorCode: 'internal' });
    await evaluate();
    expect(await readStates()).toMatchObject([{ state: 'ok', value: 2, fault: null, hasEvent: false }]);
    await breakThree();
    await evaluate();
    expect(await readEvents()).toEqual([]);
    await evaluateLater();
    expect(await readStates()).toMatchObject([{ state: 'firing', value: 5, hasEvent: true }]);
    expect(await readEvents()).toMatchObject([{ rule: 'alr_1', state: 'firing', fired: 5, resolved: null }]);
    expect(await readDeliveries()).toEqual(['firing alc_1']);
    await evaluateLater();
    await mend();
    await evaluateLater();
    await evaluateLater();
    expect(await readStates()).toMatchObject([{ state: 'ok', value: 0, hasEvent: false }]);
    expect(await readEvents()).toMatchObject([{ state: 'resolved', silenced: false, fired: 5, resolved: 0 }]);
    expect(await readDeliveries()).toEqual(['firing alc_1', 'resolved alc_1']);
  });

  it('[OPS-5] what has ended within the last 15 seconds is not looked at yet', async () => {
    await addFiring();
    await writeRequests(db, 5, { status: 500 }, 1_000);
    await evaluate();
    expect(await readStates()).toMatchObject([{ state: 'ok', value: 0 }]);
  });

  it('[OPS-5] requests below: silence is a figure', async () => {
    await addRule(db, 'alr_1', { metric: 'requests', comparison: 'below', threshold: 1 });
    await addRule(db, 'alr_2', { metric: 'error_ratio', comparison: 'below', threshold: 1 });
    await evaluate();
    expect(await readStates()).toMatchObject([
      { state: 'firing', value: 0 },
      { state: 'ok', value: null },
    ]);
  });

  it('[OPS-5] waits for the for-duration, and does not count time in which nobody looked', async () => {
    await addFiring('alr_1', { forMinutes: 1 });
    await breakThree();
    await evaluate();
    await evaluateLater(30);
    expect(await readStates()).toMatchObject([{ state: 'pending', hasEvent: false }]);
    await evaluateLater(600);
    expect(await readStates()).toMatchObject([{ state: 'pending' }]);
    await evaluateLater(30);
    await evaluateLater(30);
    expect(await readStates()).toMatchObject([{ state: 'firing' }]);
  });

  it('[OPS-5] four evaluators at once: each rule once, whoever has it', async () => {
    for (let n = 0; n < 40; n += 1) await addFiring(`alr_${n}`);
    await breakThree();
    for (let round = 0; round < 6; round += 1) {
      await later(30);
      await (round % 2 === 0 ? breakThree() : mend());
      await Promise.all([evaluate(), evaluate(), evaluate(), evaluate()]);
    }
    const [sums] = await db.sql`
      select count(*)::int as events, count(*) filter (where state = 'resolved')::int as resolved,
        (select count(*)::int from alert_deliveries where kind = 'firing') as told,
        (select count(*)::int from alert_deliveries where kind = 'resolved') as ended from alert_events`;
    expect(sums).toEqual({ events: 120, resolved: 120, told: 120, ended: 120 });
  });

  it('[OPS-5] an evaluator that was killed with rules in its hands: the next round has them', async () => {
    await addFiring();
    await breakThree();
    const lost = await claimAlertRules(db, 30_000, WINDOWS);
    expect(lost?.rules.map(({ id }) => id)).toEqual(['alr_1']);
    await evaluate();
    expect(await readEvents()).toEqual([]);
    await evaluateLater();
    expect(await readEvents()).toHaveLength(1);
    // It was but slow: what it writes now is about what somebody else has looked at since.
    const late = { state: 'firing', sinceMs: 0, lastToldAtMs: null, value: '9', fault: null } as const;
    const change = { kind: 'fire', value: '9', isTold: true, isSilenced: false } as const;
    const [rule] = lost?.rules ?? [];
    expect(lost && rule && (await recordRuleStep(db, lost, rule, { ...late, changes: [change] }))).toBe(
      false,
    );
    expect(await readEvents()).toHaveLength(1);
  });

  it('[OPS-5] goes by position', async () => {
    for (const [n, position] of [3, 1, 4, 2].entries()) await addFiring(`alr_${n}`, { position });
    await breakThree();
    await evaluate();
    expect((await readEvents()).map(({ rule }) => rule)).toEqual(['alr_1', 'alr_3', 'alr_0', 'alr_2']);
  });

  it('[OPS-5] a rule with a long window is looked at less often, an edited one at once', async () => {
    await addFiring('alr_1', { windowMinutes: 1_440 });
    await evaluate();
    await breakThree();
    await evaluateLater(60);
    expect(await readEvents()).toEqual([]);
    await db.sql`update alert_rules set updated_at = now(), severity = 'info'`;
    await evaluate();
    expect(await readEvents()).toHaveLength(1);
    await mend();
    await evaluateLater(1_440);
    expect(await readEvents()).toMatchObject([{ state: 'resolved' }]);
  });

  it.each([
    ['disabled', () => db.sql`update alert_rules set is_enabled = false, updated_at = now()`],
    ['edited', () => db.sql`update alert_rules set threshold = 1, updated_at = now()`],
    ['deleted', () => db.sql`delete from alert_rules`],
  ])(
    '[OPS-5] a rule that is %s while it fires: its event ends, and who heard of it hears that',
    async (_name, change) => {
      await addFiring();
      await breakThree();
      await evaluate();
      await change();
      await evaluate();
      await evaluate();
      expect(await readEvents()).toMatchObject([{ state: 'resolved', resolved: null }]);
      expect(await readDeliveries()).toEqual(['firing alc_1', 'resolved alc_1']);
    },
  );

  it('[OPS-5] a rule that is deleted at the moment in which it fires: neither waits for the other', async () => {
    await addFiring();
    await addFiring('alr_2', { position: 2 });
    await evaluate();
    await later(30);
    await breakThree();
    const countWaiting = async () =>
      (
        await db.sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      ).length;
    const evaluated = await db.sql.begin(async (tx) => {
      await tx`select from alert_rules where id = 'alr_1' for update`;
      const evaluating = evaluate();
      await expect.poll(countWaiting).toBe(1);
      await tx`delete from alert_rules where id = 'alr_1'`;
      return { evaluating };
    });
    await evaluated.evaluating;
    expect(logged).toEqual([]);
    expect(await readEvents()).toMatchObject([{ rule: 'alr_2', state: 'firing' }]);
  });

  it('[OPS-5] an edited rule is looked at anew', async () => {
    await addFiring();
    await breakThree();
    await evaluate();
    await db.sql`update alert_rules set threshold = 1, updated_at = now()`;
    await evaluate();
    await evaluateLater();
    expect(await readEvents()).toMatchObject([{ state: 'resolved' }, { state: 'firing' }]);
  });

  it('[OPS-5] under a silence it is recorded and nobody is told; afterwards who fires still is', async () => {
    await addFiring();
    await addFiring('alr_2', { filter: { model: ['model-a'] } });
    await db.sql`
      insert into alert_silences (id, filter, starts_at, ends_at, created_by)
      values ('als_1', '{"model":["model-a"]}', now(), now() + interval '70 s', 'usr_1')`;
    await breakThree();
    await evaluate();
    await evaluateLater();
    expect(await readEvents()).toMatchObject([
      { rule: 'alr_1', silenced: false },
      { rule: 'alr_2', silenced: true },
    ]);
    expect(await readDeliveries()).toEqual(['firing alc_1']);
    await evaluateLater(60);
    expect(await readDeliveries()).toEqual(['firing alc_1', 'firing alc_1']);
  });

  it('[OPS-5] within the cool-down a rule that fires again is not told again', async () => {
    await addFiring('alr_1', { coolDownMinutes: 5 });
    for (let n = 0; n < 3; n += 1) {
      await breakThree();
      await evaluateLater(60);
      await mend();
      await evaluateLater(60);
    }
    expect(await readEvents()).toHaveLength(3);
    expect(await readDeliveries()).toEqual(['firing alc_1', 'resolved alc_1']);
    await breakThree();
    await evaluateLater(60);
    expect(await readDeliveries()).toHaveLength(3);
  });

  it('[OPS-5] a disabled channel is passed over for the fallback; without one the event is all there is', async () => {
    await db.sql`update alert_channels set is_enabled = false where id = 'alc_1'`;
    await addFiring('alr_1', { fallbackChannelId: 'alc_2' });
    await addFiring('alr_2');
    await breakThree();
    await evaluate();
    expect(await readDeliveries()).toEqual(['firing alc_2 fallback']);
    expect(await readEvents()).toHaveLength(2);
    await mend();
    await evaluateLater();
    expect(await readDeliveries()).toEqual(['firing alc_2 fallback', 'resolved alc_2 fallback']);
  });

  it('[OPS-5] a figure that takes too long is a fault of its rule, and the others are looked at', async () => {
    await addFiring();
    await addRule(db, 'alr_2', { metric: 'tokens', comparison: 'below', threshold: 1 });
    const { promise: isOver, resolve: release } = Promise.withResolvers<void>();
    const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
    const locking = db.sql.begin(async (tx) => {
      await tx`lock table request_decisions in access exclusive mode`;
      locked();
      await isOver;
    });
    await isLocked;
    await evaluate({ statementMs: 2_000 });
    release();
    await locking;
    expect(await readStates()).toMatchObject([
      { state: 'ok', fault: 'reading the figure took longer than 2000 ms' },
      { state: 'firing', fault: null },
    ]);
    await breakThree();
    await evaluateLater();
    expect(await readStates()).toMatchObject([{ state: 'firing', fault: null }, { state: 'firing' }]);
  });

  it('[OPS-5] what cannot be read is a fault of its rule alone, and ends nothing that fires', async () => {
    await addFiring();
    await addRule(db, 'alr_2', { metric: 'of_tomorrow' });
    await addRule(db, 'alr_3', { metric: 'requests', filter: { account: ['acc_1'] } });
    await addRule(db, 'alr_4', { metric: 'first_token_p95_ms' });
    await addRule(db, 'alr_5', { metric: 'first_token_p95_ms', threshold: 1 });
    await addRule(db, 'alr_6', { metric: 'nodes_silent' });
    await breakThree();
    await evaluate();
    // A figure that is none for Postgres.
    await db.sql`
      update request_decisions set detail = '{"firstContentAfterMs":1e999}', first_content_after_ms = null`;
    await evaluateLater();
    expect(await readStates()).toMatchObject([
      { state: 'firing', fault: null, value: 3 },
      { state: 'ok', fault: expect.stringContaining('none that this version knows') },
      { state: 'ok', fault: expect.stringContaining('narrowed by account') },
      { state: 'firing', fault: expect.stringContaining('Postgres says 22003'), value: 5 },
      { state: 'firing', fault: expect.stringContaining('22003'), value: 5 },
      { state: 'ok', fault: expect.stringContaining('no store') },
    ]);
  });

  it('[OPS-5] accounts in error by the control plane and by what nodes say; a store that is away is a fault', async () => {
    await db.sql`
      insert into accounts (id, name, platform, kind, base_url, sealed_credentials, status) values
        ('acc_1', 'a1', 'anthropic', 'api-key', 'https://x', 's', 'error'),
        ('acc_2', 'a2', 'openai', 'api-key', 'https://x', 's', 'active'),
        ('acc_3', 'a3', 'openai', 'api-key', 'https://x', 's', 'active')`;
    await addRule(db, 'alr_1', { metric: 'accounts_in_error', threshold: 1 });
    const state = { reason: 'x', sinceMs: 0, untilMs: 0, isProbing: false };
    const listAccountStates = async () => [
      { ...state, accountId: 'acc_2' as AccountId, kind: 'error' as const, upstreamModel: null },
      { ...state, accountId: 'acc_3' as AccountId, kind: 'error' as const, upstreamModel: 'one-model' },
      { ...state, accountId: 'acc_3' as AccountId, kind: 'paused' as const, upstreamModel: null },
    ];
    await evaluate({ live: { listAccountStates } });
    expect(await readStates()).toMatchObject([{ state: 'firing', value: 2 }]);
    await later(30);
    await evaluate({ live: { listAccountStates: () => Promise.reject(new Error('away')) } });
    expect(await readStates()).toMatchObject([
      { state: 'firing', value: 2, fault: expect.stringContaining('away') },
    ]);
    await db.sql`delete from accounts`;
  });

  it('[OPS-5] nodes that fell silent', async () => {
    await addRule(db, 'alr_1', { metric: 'nodes_silent' });
    const node = { about: null, number: null };
    const nodes = [{ ...node, id: 'nod_1', silentMs: 1 }];
    const nodeWatch = new NodeWatch({ listNodes: async () => ({ number: 0, nodes }) }, systemClock);
    await evaluate({ nodeWatch });
    nodes[0] = { ...node, id: 'nod_1', silentMs: 20_000 };
    await later(30);
    await evaluate({ nodeWatch });
    expect(await readStates()).toMatchObject([{ state: 'firing', value: 1 }]);
  });

  it('[OPS-5] a clock that was set back does not stop it', async () => {
    await addFiring();
    await evaluate();
    await later(-7_200);
    await breakThree();
    await evaluate();
    expect(await readStates()).toMatchObject([{ state: 'firing' }]);
  });

  it('[OPS-5] a database that is away is a warning, and afterwards it goes on', async () => {
    const away = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
    await createAlertJobs({ ...others, db: away })[0]?.run();
    await away.close();
    expect(logged).toEqual(['alert rules wait for the next round']);
    await addFiring();
    await breakThree();
    // Its connections die in the middle of a round.
    const victim = openDatabase(database.url, { max: 3, applicationName: 'victim' });
    const [job] = createAlertJobs({ ...others, db: victim });
    await victim.sql`select 1`;
    await Promise.all([
      job?.run(),
      db.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`,
    ]);
    await later(30);
    await job?.run();
    expect(await readEvents()).toMatchObject([{ state: 'firing' }]);
    await victim.close();
  });

  it('[OPS-5] rules with a window of more than an hour have rounds of their own, and no others', async () => {
    for (const [n, windowMinutes] of [1, 60, 61, 1_440].entries())
      await addFiring(`alr_${n}`, { windowMinutes });
    await breakThree();
    const [short, long] = createAlertJobs({ ...others, db });
    await short?.run();
    expect((await readEvents()).map(({ rule }) => rule)).toEqual(['alr_0', 'alr_1']);
    await long?.run();
    expect((await readEvents()).map(({ rule }) => rule).toSorted()).toEqual([
      'alr_0',
      'alr_1',
      'alr_2',
      'alr_3',
    ]);
  });

  it('[OPS-5] a rule of which nothing can be written does not keep the others from theirs', async () => {
    await db.sql.unsafe(`
      create function refuse_rule() returns trigger language plpgsql as $$ begin
        raise exception 'refused' using errcode = '23514';
      end $$;
      create trigger refuse_event before insert on alert_events
        for each row when (new.rule_id = 'alr_0') execute function refuse_rule();
      create trigger refuse_state before update of last_value on alert_rule_states
        for each row when (new.rule_id = 'alr_2') execute function refuse_rule();`);
    for (let n = 0; n < 4; n += 1) await addFiring(`alr_${n}`, { position: n + 1, threshold: n < 2 ? 2 : 9 });
    await breakThree();
    await evaluate();
    expect(await readStates()).toMatchObject([
      { state: 'ok', value: null },
      { state: 'firing', value: 3 },
      { state: 'ok', value: null },
      { state: 'ok', value: 3 },
    ]);
    expect(logged).toHaveLength(2);
    await db.sql.unsafe('drop function refuse_rule cascade');
  });

  it('[OPS-5] the window of a metric of now is of no matter', async () => {
    await addRule(db, 'alr_1', { metric: 'accounts_in_error', windowMinutes: 1_440 });
    const [short, long] = createAlertJobs({ ...others, db });
    await long?.run();
    expect(await readStates()).toMatchObject([{ value: null }]);
    await short?.run();
    expect(await readStates()).toMatchObject([{ state: 'ok', value: 0 }]);
    await db.sql`update alert_rule_states set last_value = 5`;
    await later(30);
    await short?.run();
    expect(await readStates()).toMatchObject([{ value: 0 }]);
  });

  it('[OPS-5] what there was no time for is a fault until the next round', async () => {
    await addFiring();
    await breakThree();
    await evaluate({ totalMs: 0 });
    expect(await readStates()).toMatchObject([
      { state: 'ok', fault: expect.stringContaining('no time left') },
    ]);
    await evaluateLater();
    expect(await readStates()).toMatchObject([{ state: 'firing', fault: null }]);
  });

  it('[OPS-5] a thousand rules, of which each fires, in one round', async () => {
    await db.sql`
      insert into alert_rules (id, name, position, metric, filter, comparison, threshold, window_minutes, cool_down_minutes, channel_id)
      select 'alr_' || n, 'rule ' || n, n, (array['errors', 'requests', 'error_ratio', 'latency_p95_ms'])[1 + n % 4],
        case when n % 2 = 0 then '{"model":["model-a"]}' else '{}' end::jsonb, 'above', 0, 60 + n % 3, 0, 'alc_1'
      from generate_series(1, 1000) n`;
    await writeRequests(db, 500, { status: 502, errorCode: 'upstream_error' });
    await writeRequests(db, 1_500);
    await evaluate();
    const [sums] = await db.sql`
      select count(*)::int as events, (select count(*)::int from alert_deliveries) as told,
        (select count(*)::int from alert_rule_states where state = 'firing' and fault is null) as firing
      from alert_events`;
    expect(sums).toEqual({ events: 1_000, told: 1_000, firing: 1_000 });
    await evaluateLater();
    expect(await readDeliveries()).toHaveLength(1_000);
  });
});
