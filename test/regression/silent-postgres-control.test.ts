import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectAdmin } from '../harness/fleet.ts';
import { startFreezableControl, type FreezableControl } from '../harness/freezable-control.ts';

/** Calls waited for a Postgres that has frozen as long as it stayed so: consoles and programs hung with them. */
describe('a control plane whose Postgres has frozen', () => {
  let site: FreezableControl;
  beforeAll(async () => {
    site = await startFreezableControl();
  });
  afterAll(() => site.stop());

  it('[CTL-1] each call hears 503, and a change that was answered so is not made afterwards', async () => {
    const { control, postgres } = site;
    const admin = connectAdmin(control);
    const platform = 'openai' as const;
    await admin.groups.create.mutate({ name: 'main', platform });
    postgres.signal('SIGSTOP');
    const calls = [
      admin.groups.list.query(),
      admin.groups.create.mutate({ name: 'late', platform }),
      admin.auth.whoAmI.query(),
    ];
    const unavailable = { status: 'rejected', reason: { data: { httpStatus: 503 } } };
    expect(await Promise.allSettled(calls)).toMatchObject([unavailable, unavailable, unavailable]);

    postgres.signal('SIGCONT');
    await expect.poll(() => admin.health.get.query().then(() => admin.groups.list.query())).toBeDefined();
    // Behind whatever is still under way of the one before.
    await admin.groups.create.mutate({ name: 'next', platform });
    const { items } = await admin.groups.list.query();
    expect(items.map(({ name }) => name)).toEqual(['main', 'next']);
  });
});
