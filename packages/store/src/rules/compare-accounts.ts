/** What the choice between two accounts of one priority looks at. */
export interface AccountRank {
  load: number;
  /** Rises with each take; 0 = never taken. */
  takenNumber: number;
  /** Position in the request's list. */
  index: number;
}

/** running / max; unlimited accounts have no load. */
export function computeLoad(running: number, waiting: number, max: number): number {
  return max <= 0 ? 0 : (running + waiting) / max;
}

/**
 * < 0 when `a` is better: lower load, then least recently taken, then chance: `turn` (a whole number ≥ 0) says at
 * which of the `count` positions the list begins.
 */
export function compareAccounts(a: AccountRank, b: AccountRank, turn: number, count: number): number {
  if (a.load !== b.load) return a.load - b.load;
  if (a.takenNumber !== b.takenNumber) return a.takenNumber - b.takenNumber;
  return ((a.index + turn) % count) - ((b.index + turn) % count);
}
