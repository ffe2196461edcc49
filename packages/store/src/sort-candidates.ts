import type { AccountCandidate } from './account-port.ts';

/** By rising priority number, else as they come: the same list when it is in order already, as most are. */
export function sortCandidates(candidates: readonly AccountCandidate[]): readonly AccountCandidate[] {
  let last = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < candidates.length; place += 1) {
    const priority = candidates[place]?.priority ?? last;
    if (priority < last) return candidates.toSorted((a, b) => a.priority - b.priority);
    last = priority;
  }
  return candidates;
}
