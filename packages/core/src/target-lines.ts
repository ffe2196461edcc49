import { isSameTarget } from './is-same-attempt.ts';
import type { AccountId, KeyId } from './ids.ts';
import type { AttemptFacts } from './usage.ts';

interface TargetLine {
  facts: AttemptFacts;
  line: string;
}

/** So many keys times accounts; above it the memory is not worth the time. */
const LINES_MAX = 4_096;

/**
 * The half of a line that says who asks which account for what: keys ask for the same over and over. Kept is the last
 * one of each key on each account.
 */
export class TargetLines {
  readonly #build: (facts: AttemptFacts) => string | null;
  readonly #lines = new Map<KeyId, Map<AccountId, TargetLine>>();
  #count = 0;

  /** `build` looks only at what `isSameTarget` compares; null = these facts have no line. */
  constructor(build: (facts: AttemptFacts) => string | null) {
    this.#build = build;
  }

  find(facts: AttemptFacts): string | null {
    const known = this.#lines.get(facts.keyId)?.get(facts.accountId);
    return known !== undefined && isSameTarget(known.facts, facts) ? known.line : this.#learn(facts);
  }

  #learn(facts: AttemptFacts): string | null {
    const line = this.#build(facts);
    if (line !== null) this.#keep({ facts, line });
    return line;
  }

  #keep(kept: TargetLine): void {
    if (this.#count >= LINES_MAX) {
      this.#lines.clear();
      this.#count = 0;
    }
    const { keyId, accountId } = kept.facts;
    const ofKey = this.#lines.get(keyId) ?? new Map<AccountId, TargetLine>();
    this.#lines.set(keyId, ofKey);
    if (!ofKey.has(accountId)) this.#count += 1;
    ofKey.set(accountId, kept);
  }
}
