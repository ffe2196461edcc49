import type { RpmLimit, RpmSubject } from '../port.ts';

export type RpmCheck =
  | { passed: true; tightest: { limit: number; remaining: number } | null }
  | { passed: false; index: number };

/** Counters of the present window. All windows end together, so a new window forgets everything. */
export class RpmTable {
  #windowEndMs = 0;
  readonly #counts = new Map<string, number>();

  /** Moves to the window that holds `nowMs`; ms until it ends. */
  openWindow(nowMs: number, windowMs: number): number {
    const endMs = nowMs - (nowMs % windowMs) + windowMs;
    if (endMs !== this.#windowEndMs) this.#counts.clear();
    this.#windowEndMs = endMs;
    return endMs - nowMs;
  }

  /** All limits together, nothing counted. `tightest` is what would be left after this request. */
  check(limits: readonly RpmLimit[]): RpmCheck {
    let refusing: { index: number; limit: number } | null = null;
    let tightest: { limit: number; remaining: number } | null = null;
    for (const [index, { subject, limit }] of limits.entries()) {
      const remaining = limit - (this.#counts.get(subjectName(subject)) ?? 0) - 1;
      if (remaining < 0 && (!refusing || limit < refusing.limit)) refusing = { index, limit };
      if (!tightest || remaining < tightest.remaining) tightest = { limit, remaining };
    }
    return refusing ? { passed: false, index: refusing.index } : { passed: true, tightest };
  }

  /** Counts one request, once for each counter even if it is named twice. */
  count(limits: readonly RpmLimit[]): void {
    for (const name of new Set(limits.map(({ subject }) => subjectName(subject)))) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }
}

function subjectName(subject: RpmSubject): string {
  if (subject.kind === 'user') return `user:${subject.userId}`;
  if (subject.kind === 'key') return `key:${subject.userId}:${subject.keyId}`;
  return `group:${subject.userId}:${subject.groupId}`;
}
