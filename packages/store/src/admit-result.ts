import type { AdmitRequest, AdmitResult, Counted, Lease, Reservation, SlotHolder } from './port.ts';
import type { WindowName, WindowSubject } from './port.ts';

/** What a request has counted that names no window. */
export const NOTHING_COUNTED: Readonly<Counted> = Object.freeze({
  requests: null,
  tokens: null,
  reservations: [],
});

/** The answer to a request that asks for no limit, no balance and no slot. */
export function admitWithoutLimits(): AdmitResult {
  return { admitted: true, leases: [], hold: null, ...NOTHING_COUNTED };
}

/** Over the limit at `index` of the request's list. */
export function refuseWindow(request: AdmitRequest, index: number, retryAfterMs: number | null): AdmitResult {
  const { subject, unit, limit } = at(request.windows, index);
  return { admitted: false, reason: 'window', unit, subject, limit, retryAfterMs };
}

/** What the request has counted in each window; `stamps` in the order of its list. One named twice counted once. */
export function buildReservations(request: AdmitRequest, stamps: readonly number[]): Reservation[] {
  const counted = new Map<string, Reservation>();
  for (const [index, stamp] of stamps.entries()) {
    const { subject, unit, shape, cost } = at(request.windows, index);
    const window = { subject, unit, shape };
    const name = windowName(window);
    if (!counted.has(name)) counted.set(name, { window, stamp, cost });
  }
  return [...counted.values()];
}

export function isOfTokens({ window }: Reservation): boolean {
  return window.unit === 'tokens';
}

/** No free slot on the holder at `index` of the request's list. */
export function refuseSlots(request: AdmitRequest, index: number): AdmitResult {
  const { holder, max } = at(request.slots, index);
  return { admitted: false, reason: 'slots', holder, max };
}

/** No slot, and nobody more may wait. */
export function refuseQueue(request: AdmitRequest, queued: number): AdmitResult {
  return { admitted: false, reason: 'queue-full', queued, max: request.queue?.max ?? 0 };
}

/** One lease for each slot asked for, in the same order. */
export function buildLeases(request: AdmitRequest, leaseIds: readonly Lease['id'][]): Lease[] {
  return leaseIds.map((id, index) => ({ id, holder: at(request.slots, index).holder }));
}

/** The key of a holder in maps of this process. */
export function holderName(holder: SlotHolder): string {
  if (holder.kind === 'user') return `user:${holder.userId}`;
  return holder.kind === 'key' ? `key:${holder.userId}:${holder.keyId}` : `account:${holder.accountId}`;
}

/** The key of a window in maps of this process. */
export function windowName({ subject, unit, shape }: WindowName): string {
  return `${unit}:${shape}:${subjectName(subject)}`;
}

function subjectName(subject: WindowSubject): string {
  if (subject.kind === 'user') return `user:${subject.userId}`;
  if (subject.kind === 'key') return `key:${subject.userId}:${subject.keyId}`;
  return `group:${subject.userId}:${subject.groupId}`;
}

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`the store named item ${index} of a list of ${list.length}`);
  return item;
}
