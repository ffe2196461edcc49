/**
 * A node's part of a limit while the shared store is away (LIM-11): ⌊limit / nodes⌋, so that all nodes together
 * never pass more than the limit, but at least 1, because a limit of 0 would mean "none" and nothing passing at
 * all is worse. So the sum exceeds the limit only where there are more nodes than the limit, and is then the
 * number of nodes. 0 (or less) = no limit, stays 0. `nodeCount`: as last known; less than 1 counts as 1.
 */
export function divideLimit(limit: number, nodeCount: number): number {
  if (limit <= 0) return 0;
  // Not `Math.max`: it lets NaN through.
  const nodes = nodeCount >= 1 ? Math.floor(nodeCount) : 1;
  return Math.max(1, Math.floor(limit / nodes));
}
