import { buildMessage, postMessages } from './client.ts';
import { waitUntil } from './wait-until.ts';

/**
 * With one slot for the user and one on the account, a request that passes proves that both are free. The
 * upstream must behave again before this is asked, and nothing may stand against the account. A request without a
 * slot waits for one (LIM-5): one that waits longer than `timeoutMs` is given up, and that is a failure. A lease that
 * nobody gives back ends by itself after 20 s at the earliest, which is too late for the default.
 */
export async function expectSlotsBack(gateway: string, timeoutMs = 12_000): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  let status = 0;
  await waitUntil(
    'slots come back',
    async () => {
      const answer = await postMessages(gateway, buildMessage(), {}, { signal });
      await answer.text();
      status = answer.status;
      return status === 200;
    },
    timeoutMs,
  );
}
