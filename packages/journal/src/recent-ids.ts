/** Words of 32 bits for one id. */
const WORDS = 2;
/** Of the slots in use, at most: beyond it, searches become long. */
const LOAD_SHARE = 2;
const LOW_SEED = 0x811c9dc5;
const HIGH_SEED = 0x9e3779b9;

/**
 * Remembers at least the last `max` ids and at most twice as many, in two generations. It keeps 63 bits of hash of
 * each, in two arrays that never move: strings kept for a while are what the collector has most work with. Another
 * id is taken for a remembered one in 2⁻⁴⁸ of all questions (`max` = 16,384), less often than memory fails.
 */
export class RecentIds {
  readonly #max: number;
  readonly #slots: number;
  #count = 0;
  /** The hash of the id in question. */
  #low = 0;
  #high = 0;
  #young: Int32Array;
  #old: Int32Array;

  constructor(max: number) {
    this.#max = max;
    this.#slots = 2 ** Math.ceil(Math.log2(max * LOAD_SHARE));
    this.#young = new Int32Array(this.#slots * WORDS);
    this.#old = new Int32Array(this.#slots * WORDS);
  }

  has(id: string): boolean {
    this.#hash(id);
    return this.#find(this.#young) < 0 || this.#find(this.#old) < 0;
  }

  /** False = it is remembered already. */
  add(id: string): boolean {
    this.#hash(id);
    const free = this.#find(this.#young);
    if (free < 0 || this.#find(this.#old) < 0) return false;
    this.#young[free] = this.#low;
    this.#young[free + 1] = this.#high;
    this.#count += 1;
    if (this.#count === this.#max) this.#turn();
    return true;
  }

  #turn(): void {
    const old = this.#old;
    this.#old = this.#young;
    this.#young = old.fill(0);
    this.#count = 0;
  }

  /** -1 = there; else the place where it belongs. A low word of 0 marks a free place. */
  #find(words: Int32Array): number {
    const low = this.#low;
    const high = this.#high;
    const mask = words.length - 1;
    let at = (high * WORDS) & mask;
    while (words[at] !== 0) {
      if (words[at] === low && words[at + 1] === high) return -1;
      at = (at + WORDS) & mask;
    }
    return at;
  }

  /** FNV-1a over two seeds in one pass. */
  #hash(text: string): void {
    let low = LOW_SEED;
    let high = HIGH_SEED;
    // Read once: ids are strings of so many makes that each look at the length is a slow one.
    const { length } = text;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x01000193);
      // A plain FNV sends two texts that once met on together, whatever the seed.
      low ^= low >>> 15;
      high ^= high >>> 15;
    }
    this.#low = mix(low) | 1;
    this.#high = mix(high);
  }
}

/** The finish of MurmurHash3: every bit of the text reaches every bit of the hash. */
function mix(hash: number): number {
  let state = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
