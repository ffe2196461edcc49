import { parseUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildGroup, buildKey } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { admit } from '../stages/admit.ts';
import { spend } from '../testing/spend.ts';
import { showUsage } from './show-usage.ts';

function setUp() {
  const services = buildServices();
  const key = buildKey({ groups: [buildGroup({ name: 'a "plan"' })] });
  const run = async () => {
    const { context, writer } = buildParsedContext({}, key);
    expect(await showUsage(context, services)).toBeNull();
    return writer.body;
  };
  /** What a first request of the user does: the figure is in the store from then on. */
  const seed = () => admit(buildParsedContext({}, key).context, services, { slots: false });
  return { services, run, seed };
}

describe('show-usage', () => {
  it('[MON-10] tells the ledger’s balance, to the last digit', async () => {
    const { services, run } = setUp();
    services.source.balance = parseUsd('9007199.254740993001');
    expect(await run()).toBe(
      '{"isValid":true,"planName":"a \\"plan\\"","remaining":9007199.254740993001,"unit":"USD"}',
    );
  });

  it('[MON-10] the live figure goes before the ledger’s', async () => {
    const { services, run, seed } = setUp();
    await seed();
    spend(services.store, '10.5');
    expect(JSON.parse(await run())).toMatchObject({ remaining: -0.5 });
  });

  it('[MON-10] with the store gone the ledger answers', async () => {
    const { services, run } = setUp();
    services.store = overrideStore(services.store, { readPurses: rejectAsGone });
    expect(JSON.parse(await run())).toMatchObject({ remaining: 10 });
  });

  it('[MON-10] with both gone: 503', async () => {
    const { services, run } = setUp();
    services.source.isGone = true;
    await expect(run()).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  });
});
