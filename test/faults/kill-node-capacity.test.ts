import { startSimulator, type Simulator } from '@tollgate/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, prepareFleet, type Fleet } from '../harness/fleet.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** Of the user, and of the account. */
const SLOTS = 6;
/** Streams that the node holds when it dies. */
const HELD = 4;
/** What a lease outlives its node by, and what it takes a busy machine to hand it over and see it. */
const LEASE_MS = 40_000;

/** The slots of a node that is killed under load: lost to the other for the time of a lease, and never given twice. */
describe('capacity after a kill -9', () => {
  let simulator: Simulator;
  let fleet: Fleet;
  let control: TollgateProcess;
  let dying: TollgateProcess;
  let living: TollgateProcess;
  /** Most at once that the upstream has seen. */
  let openMax = 0;

  beforeAll(async () => {
    simulator = await startSimulator();
    simulator.setScript(({ body }) => {
      openMax = Math.max(openMax, simulator.openRequests);
      return body.includes('hold') ? { endless: true, delayEventsMs: 50 } : { delayHeadersMs: 200 };
    });
    fleet = await prepareFleet({ env: { TOLLGATE_LOG_LEVEL: 'silent' } });
    control = await fleet.startControl();
    const config = buildConfig({
      accounts: [{ name: 'a1', base_url: simulator.url, concurrency: SLOTS }],
      users: [{ email: 'u@example.com', balance: '100', concurrency: SLOTS, rpm: 0 }],
    });
    await applyConfig(fleet, control, config);
    [dying, living] = await Promise.all([fleet.startGateway('dying'), fleet.startGateway('living')]);
  });
  afterAll(async () => {
    expect(await living.stop()).toBe(0);
    expect(await control.stop()).toBe(0);
    await fleet.cleanUp();
    await simulator.stop();
  });

  it(
    '[LIM-4] [LIM-5] the other node has every slot again within the lease, and refuses nobody',
    { timeout: 120_000 },
    async () => {
      const hold = buildMessage({ stream: true, messages: [{ role: 'user', content: 'hold' }] });
      for (let index = 0; index < HELD; index += 1) {
        const answer = await postMessages(dying.ready['gateway'] ?? '', hold);
        await answer.body?.getReader().read();
      }
      const stop = new AbortController();
      const loads = [dying, living].map((node) => runClients(node.ready['gateway'] ?? '', stop.signal));
      await waitUntil('both nodes answer', () => loads.every(({ statuses }) => statuses.length > SLOTS));

      const killed = dying.kill();
      const killedAtMs = performance.now();
      await killed;
      await waitUntil('its requests are gone', () => simulator.openRequests <= SLOTS - HELD);
      await waitUntil(
        'every slot is in use',
        () => simulator.openRequests === SLOTS,
        LEASE_MS - (performance.now() - killedAtMs),
      );
      // It stays so: what came back is there for good.
      await sleep(1_000);
      await waitUntil('every slot is in use', () => simulator.openRequests === SLOTS);
      stop.abort();
      await Promise.all(loads.map(({ done }) => done));
      // Those who waited for the dead node's slots were granted one in the end.
      expect(new Set(loads[1]?.statuses)).toEqual(new Set([200]));
      expect(openMax).toBe(SLOTS);
    },
  );
});

interface Load {
  statuses: number[];
  done: Promise<unknown>;
}

/** As many closed-loop clients as there are slots, until they are told to stop or their node dies. */
function runClients(gateway: string, signal: AbortSignal): Load {
  const statuses: number[] = [];
  const client = async (): Promise<void> => {
    while (!signal.aborted) {
      const answer = await postMessages(gateway).catch(() => null);
      if (answer === null) return;
      statuses.push(answer.status);
      await answer.text().catch(() => null);
    }
  };
  return { statuses, done: Promise.all(Array.from({ length: SLOTS }, client)) };
}
