import { TEST_TIMINGS } from '../contract/harness.ts';
import { describeStoreContract } from '../contract/store-contract.ts';
import { createLocalStore } from '../local/local-store.ts';
import { createResilientStore } from './resilient-store.ts';
import { openDirect } from './testing/open-direct.ts';
import { FakeClock } from './testing/switchable-store.ts';

describeStoreContract(
  'the resilient store with its primary there',
  async (ticketRenewMs = TEST_TIMINGS.ticketRenewMs) => {
    const clock = new FakeClock();
    const options = { clock, timings: { ...TEST_TIMINGS, ticketRenewMs }, random: () => 0 };
    const store = createResilientStore({
      primary: openDirect(createLocalStore(options)),
      local: createLocalStore(options),
      policy: 'local',
      clock,
    });
    return {
      nodes: [store, store, store],
      advance: async (ms) => clock.advance(ms),
      clock: async () => clock.nowMs(),
      close: () => store.close(),
    };
  },
  50,
);
