import { beforeEach, expect, it } from 'vitest';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { forgetAlerts } from './forget-alerts.ts';

forEachDatabase((database) => {
  beforeEach(async () => {
    await database.db.sql`truncate alert_events, alert_deliveries, alert_rules, alert_rule_states cascade`;
  });

  /** `endedDays` null = it still fires. */
  const addEvent = async (id: string, firedDays: number, endedDays: number | null) => {
    await database.db.sql`
      insert into alert_events
        (id, rule_name, severity, metric, comparison, threshold, value_at_fire, fired_at, state, resolved_at)
      values (${id}, 'rule', 'info', 'errors', 'above', 1, 2, now() - ${firedDays} * interval '1 day',
        ${endedDays === null ? 'firing' : 'resolved'}, now() - ${endedDays}::int * interval '1 day')`;
  };
  const addDelivery = async (id: string, eventId: string | null, state: string, days: number) => {
    const kind = eventId === null ? 'test' : 'firing';
    await database.db.sql`
      insert into alert_deliveries (id, event_id, kind, channel_name, state, created_at, sent_at)
      values (${id}, ${eventId}, ${kind}, 'ops', ${state}, now() - ${days} * interval '1 day',
        case when ${state} = 'sent' then now() end)`;
  };
  const read = async (table: 'alert_events' | 'alert_deliveries'): Promise<string[]> => {
    const { sql } = database.db;
    return (await sql<{ id: string }[]>`select id from ${sql(table)} order by id`).map(({ id }) => id);
  };

  it('[OPS-5] events that were over long ago go with their messages, and so do old tests', async () => {
    await addEvent('old', 100, 91);
    await addDelivery('of old', 'old', 'sent', 100);
    await addDelivery('old test', null, 'failed', 91);
    await addEvent('young', 10, 9);
    await addDelivery('of young', 'young', 'sent', 10);
    await addDelivery('young test', null, 'sent', 89);
    expect(await forgetAlerts(database.db, 90)).toBe(2);
    expect(await read('alert_events')).toEqual(['young']);
    expect(await read('alert_deliveries')).toEqual(['of young', 'young test']);
    expect(await forgetAlerts(database.db, 90)).toBe(0);
  });

  it('[OPS-5] what still fires, ended a moment ago, or waits to be told, stays however old it is', async () => {
    await addEvent('firing', 400, null);
    await addEvent('just over', 400, 1);
    await addEvent('untold', 400, 399);
    await addDelivery('waits', 'untold', 'waiting', 399);
    await addDelivery('test waits', null, 'waiting', 399);
    expect(await forgetAlerts(database.db, 90)).toBe(0);
    expect(await read('alert_events')).toEqual(['firing', 'just over', 'untold']);
    expect(await read('alert_deliveries')).toEqual(['test waits', 'waits']);
  });

  it('[OPS-5] many at once are deleted bit by bit, by whoever is there, each once', async () => {
    await database.db.sql`
      insert into alert_events
        (id, rule_name, severity, metric, comparison, threshold, value_at_fire, fired_at, state, resolved_at)
      select 'e' || n, 'rule', 'info', 'errors', 'above', 1, 2, now() - interval '9 days', 'resolved',
        now() - interval '9 days' from generate_series(1, 2500) n`;
    const other = database.open();
    const counts = await Promise.all([forgetAlerts(database.db, 7), forgetAlerts(other, 7)]);
    counts.push(await forgetAlerts(database.db, 7));
    expect(counts.reduce((sum, count) => sum + count)).toBe(2_500);
    expect(await read('alert_events')).toEqual([]);
  });
});
