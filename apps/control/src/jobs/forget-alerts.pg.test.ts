import { expect, inject, it, vi } from 'vitest';
import { createTollgateClient } from '@tollgate/api';
import { startTestControl, TEST_TOKEN } from '../testing/start-test-control.ts';
import { silentLogger } from '@tollgate/core';
import { createForgetAlertsJob } from './forget-alerts.ts';

const addEvent = (db: Awaited<ReturnType<typeof startTestControl>>['db'], id: string, days: number) => db.sql`
  insert into alert_events
    (id, rule_name, severity, metric, comparison, threshold, value_at_fire, fired_at, state, resolved_at)
  values (${id}, 'rule', 'info', 'errors', 'above', 1, 2, now() - ${days} * interval '1 day', 'resolved',
    now() - ${days} * interval '1 day')`;

it('[OPS-5] a control plane forgets alerts that were over 90 days ago, or as long ago as an admin has said', async () => {
  const control = await startTestControl(inject('postgresUrl'));
  const { db } = control;
  try {
    const admin = createTollgateClient({ url: control.url, token: TEST_TOKEN });
    expect((await admin.settings.get.query()).values.alertDaysKept).toBe(90);
    for (const days of [5, 50, 91]) await addEvent(db, `ale_${days}`, days);
    const readIds = async () => (await admin.alertEvents.list.query()).items.map(({ id }) => id).toSorted();
    /** What is left after two rounds, the first of which is over by then. */
    const keep = async (kept: number | null) => {
      const readKept = vi.fn<() => Promise<number | null>>(() => Promise.resolve(kept));
      const job = createForgetAlertsJob({ db, logger: silentLogger, readKept, intervalMs: 5 });
      job.start();
      await vi.waitFor(() => expect(readKept.mock.calls.length).toBeGreaterThan(1));
      await job.stop();
      return readIds();
    };
    expect(await keep(null)).toEqual(['ale_5', 'ale_50', 'ale_91']);
    expect(await keep(90)).toEqual(['ale_5', 'ale_50']);
    expect(await keep(7)).toEqual(['ale_5']);
  } finally {
    await control.stop();
  }
});
