import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { waitUntil } from './wait-until.ts';

type AccountStates = RouterOutputs['accounts']['states']['items'][number];

/** What nodes know of one account now. */
export async function readAccount(admin: TollgateClient, name: string): Promise<AccountStates> {
  const { items } = await admin.accounts.states.query({ limit: 100 });
  const found = items.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no account ${name}`);
  return found;
}

/** Until so many requests of the user, or for the account, wait. */
export function waitForWaiting(
  admin: TollgateClient,
  { kind, name, count }: { kind: 'user' | 'account'; name: string; count: number },
): Promise<void> {
  return waitUntil(`${count} wait for ${name}`, async () => {
    const { items } = await admin.live.slots.query({ kind, limit: 100 });
    return items.find((item) => item.name === name)?.waiting === count;
  });
}
