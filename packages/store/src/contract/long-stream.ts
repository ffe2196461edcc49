import { expect } from 'vitest';
import type { Lease, Store } from '../port.ts';
import { accountHolder, ask, askAccounts, askSlot, candidate, keyHolder } from './harness.ts';
import { leasesOf, takenOf, userHolder } from './harness.ts';

/** The lease times in 20 minutes. */
export const STREAM_LEASES = 40;
const HOLDERS = [userHolder('a'), keyHolder('a', 'k'), accountHolder('x')];
const [USER, KEY] = HOLDERS;

/** What a stream holds: the only slot of its user, of its key and of its account. */
export async function beginStream(store: Store): Promise<Lease[]> {
  const slots = [USER, KEY].flatMap((holder) => (holder ? [{ holder, max: 1 }] : []));
  const admitted = leasesOf(await store.admit(ask({ slots })));
  const { lease } = takenOf(await store.takeAccount(askAccounts([candidate('x', 1)])));
  return [...admitted, lease];
}

/** Who looks for a free slot finds none of them: a lease that is over would be given away here. */
export async function expectHeld(store: Store): Promise<void> {
  const byKey = ask({ slots: [{ holder: keyHolder('a', 'k'), max: 1 }] });
  expect(await store.admit(askSlot('a', 1))).toMatchObject({ admitted: false, reason: 'slots' });
  expect(await store.admit(byKey)).toMatchObject({ admitted: false, reason: 'slots' });
  expect(await store.takeAccount(askAccounts([candidate('x', 1)]))).toMatchObject({ taken: false });
  expect(await Promise.all(HOLDERS.map((holder) => store.countSlots(holder)))).toEqual([1, 1, 1]);
}

/** The end of the stream gives each of them back at once. */
export async function expectFree(store: Store): Promise<void> {
  expect(await Promise.all(HOLDERS.map((holder) => store.countSlots(holder)))).toEqual([0, 0, 0]);
  expect(await beginStream(store)).toHaveLength(HOLDERS.length);
}
