import type { AccountCandidate, TakeAccountRequest } from '../account-port.ts';
import type { AdmitRequest, DegradedLimits } from '../port.ts';
import { divideLimit } from './divide-limit.ts';

export interface Share {
  policy: Exclude<DegradedLimits, 'closed'>;
  /** As last known. */
  nodeCount: number;
}

/**
 * What the node-local store is asked in place of the primary. Money and the token quota are not its matter. `open`
 * counts slots and checks nothing.
 */
export function divideAdmitRequest(request: AdmitRequest, { policy, nodeCount }: Share): AdmitRequest {
  const { windows, slots, queue } = request;
  const isOpen = policy === 'open';
  return {
    userId: request.userId,
    money: null,
    checksTokenQuota: false,
    windows: isOpen
      ? []
      : windows.map(({ subject, unit, shape, limit, cost }) => ({
          subject,
          unit,
          shape,
          limit: divideLimit(limit, nodeCount),
          cost,
        })),
    slots: slots.map(({ holder, max }) => ({ holder, max: isOpen ? 0 : divideLimit(max, nodeCount) })),
    queue: queue && { ...queue, max: divideLimit(queue.max, nodeCount) },
  };
}

/** `candidates`: those of the request whose window cost allows it. */
export function divideTakeRequest(
  request: TakeAccountRequest,
  candidates: readonly AccountCandidate[],
  { policy, nodeCount }: Share,
): TakeAccountRequest {
  const divide = (limit: number) => (policy === 'open' ? 0 : divideLimit(limit, nodeCount));
  const { wait } = request;
  return {
    ...request,
    candidates: candidates.map((candidate) => ({
      ...candidate,
      max: divide(candidate.max),
      sessionsMax: divide(candidate.sessionsMax),
      windowCost: null,
    })),
    wait: wait && {
      ...wait,
      max: divideLimit(wait.max, nodeCount),
      stickyMax: divideLimit(wait.stickyMax, nodeCount),
    },
  };
}
