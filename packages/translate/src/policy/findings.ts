import type { WireProtocol } from '../conversation/wire-protocol.ts';
import { selectHandling, selectNote, type Feature } from './translation-policy.ts';

export interface Refusal {
  /** The field in the client's own protocol; null = none is to blame. */
  param: string | null;
  message: string;
}

/** What may stand in a response header. */
const HEADER_SAFE_NAME = /^[\w.-]{1,64}$/u;
/** A header is no place for a list without end. */
const DROPPED_MAX = 32;

/** What translators find on their way through one message: what is left out, and the first thing that is refused. */
export class Findings {
  readonly #to: WireProtocol;
  readonly #dropped = new Set<string>();
  refusal: Refusal | null = null;

  constructor(to: WireProtocol) {
    this.#to = to;
  }

  /** Whether the feature, found at `param`, goes on; the policy's answer is noted where it does not. */
  carries(feature: Feature, param: string): boolean {
    switch (selectHandling(feature, this.#to)) {
      case 'kept':
      case 'translated':
        return true;
      case 'dropped':
        this.drop(feature);
        return false;
      case 'refused':
        this.refuse(param, `${param}: not possible on this upstream (${feature}): ${selectNote(feature)}`);
        return false;
    }
  }

  /** `name`: a feature of the policy, or a field of the client that nobody knows. */
  drop(name: string): void {
    if (this.#dropped.size >= DROPPED_MAX) return;
    this.#dropped.add(HEADER_SAFE_NAME.test(name) ? name : 'unknown-field');
  }

  /** The first refusal is the one that the client reads. */
  refuse(param: string | null, message: string): void {
    this.refusal ??= { param, message };
  }

  get dropped(): readonly string[] {
    return [...this.#dropped];
  }
}
