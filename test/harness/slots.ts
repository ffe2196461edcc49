import { buildMessage, postMessages } from './client.ts';
import { waitUntil } from './wait-until.ts';

/**
 * With one slot for the user and one on the account, a request that passes proves that both are free. The
 * upstream must behave again before this is asked.
 */
export async function expectSlotsBack(gateway: string, timeoutMs = 2_000): Promise<void> {
  let status = 0;
  await waitUntil(
    'slots come back',
    async () => {
      const answer = await postMessages(gateway, buildMessage());
      await answer.text();
      status = answer.status;
      return status === 200;
    },
    timeoutMs,
  );
}
