import type { AdmitRequest, AdmitResult, Lease, SlotHolder } from './port.ts';

/** The answer to a request that asks for no limit, no balance and no slot. */
export function admitWithoutLimits(): AdmitResult {
  return { admitted: true, leases: [], rpm: null };
}

/** Over the limit at `index` of the request's list. */
export function refuseRpm(request: AdmitRequest, index: number, retryAfterMs: number): AdmitResult {
  const refused = at(request.rpm, index);
  return { admitted: false, reason: 'rpm', subject: refused.subject, limit: refused.limit, retryAfterMs };
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

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`the store named item ${index} of a list of ${list.length}`);
  return item;
}
