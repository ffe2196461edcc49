/** One place where a stream is not as its protocol demands. */
export interface ConformanceProblem {
  /** Short and fixed, e.g. `block-order`: to count by. */
  rule: string;
  /** Ordinal of the event, from 0; the number of events for what is missing at the end. */
  event: number;
  /** For people; no content of the conversation. */
  detail: string;
}

/**
 * Holds a stream against its protocol: for tests, and sampled in production. Parses every event, so it is no part
 * of the hot path. Chunks may be cut anywhere. Never throws.
 */
export interface ConformanceChecker {
  push(chunk: Buffer): void;
  end(): void;
  /** The first 32, in order; empty after `end()` = the stream is as it should be. */
  readonly problems: readonly ConformanceProblem[];
}

export interface ConformanceOptions {
  /** A whole second answer may follow in the same stream, as upstreams do that restart. Default false. */
  allowsSecondAnswer?: boolean;
  /** Chat: the client asked for `include_usage`. Not given = either is fine. */
  includesUsage?: boolean;
}

const PROBLEMS_MAX = 32;

/** The list of problems that the checkers of all protocols keep. */
export abstract class CheckerBase implements ConformanceChecker {
  readonly #problems: ConformanceProblem[] = [];
  /** Ordinal of the present event. */
  protected event = -1;

  abstract push(chunk: Buffer): void;
  abstract end(): void;

  get problems(): readonly ConformanceProblem[] {
    return this.#problems;
  }

  protected report(rule: string, detail: string): void {
    if (this.#problems.length >= PROBLEMS_MAX) return;
    this.#problems.push({ rule, event: Math.max(0, this.event), detail });
  }
}
