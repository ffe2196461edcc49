import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, connectAdmin } from '../harness/fleet.ts';
import { startFreezableControl, type FreezableControl } from '../harness/freezable-control.ts';

/** Less than the 10 s that Docker gives; a process that goes on is killed (null). */
const STOP_WITHIN_MS = 9_000;

/** SIGTERM to a control plane whose Postgres takes what it is sent and never answers. */
describe('stopping a control plane', () => {
  let site: FreezableControl;
  beforeAll(async () => {
    site = await startFreezableControl();
  });
  afterAll(() => site.stop());

  it('[OPS-11] a frozen Postgres does not hold it: calls under way are cut, and it leaves by itself', async () => {
    const { control, postgres } = site;
    const admin = connectAdmin(control);
    const group = { name: 'main', platform: 'openai' } as const;
    await admin.groups.create.mutate(group);
    postgres.signal('SIGSTOP');
    const calls = [
      admin.groups.list.query(),
      admin.groups.create.mutate({ ...group, name: 'late' }),
      fetch(`${control.ready['control']}/trpc/users.list`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      }),
    ].map((call) =>
      call.then(
        () => 'answered',
        () => 'cut',
      ),
    );
    // Its jobs look into the database each second: by then they wait for it too.
    await sleep(1_500);
    control.child.kill('SIGTERM');
    const timer = setTimeout(() => control.child.kill('SIGKILL'), STOP_WITHIN_MS);
    const code = await new Promise((resolve) => control.child.once('exit', resolve));
    clearTimeout(timer);
    expect({ code, calls: await Promise.all(calls) }).toEqual({ code: 0, calls: ['cut', 'cut', 'cut'] });
  });
});
