import type { AttemptFacts } from './usage.ts';

/** Whether all facts are the same. */
export function isSameAttempt(a: AttemptFacts, b: AttemptFacts): boolean {
  return (
    a.attemptId === b.attemptId &&
    a.requestId === b.requestId &&
    a.nodeId === b.nodeId &&
    a.atMs === b.atMs &&
    isSameTarget(a, b)
  );
}

/** Whether all facts are the same but which attempt it is, where and when: who asks which account for what. */
export function isSameTarget(a: AttemptFacts, b: AttemptFacts): boolean {
  return (
    a.userId === b.userId &&
    a.keyId === b.keyId &&
    a.groupId === b.groupId &&
    a.accountId === b.accountId &&
    a.protocol === b.protocol &&
    a.model === b.model &&
    a.upstreamModel === b.upstreamModel &&
    a.stream === b.stream &&
    a.rateMultiplier === b.rateMultiplier &&
    a.subscriptionId === b.subscriptionId
  );
}
