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
  #young: Uint32Array;
  #old: Uint32Array;

  constructor(max: number) {
    this.#max = max;
    this.#slots = 2 ** Math.ceil(Math.log2(max * LOAD_SHARE));
    this.#young = new Uint32Array(this.#slots * WORDS);
    this.#old = new Uint32Array(this.#slots * WORDS);
  }

  has(id: string): boolean {
    const low = (hash(id, LOW_SEED) | 1) >>> 0;
    const high = hash(id, HIGH_SEED) >>> 0;
    return this.#find(this.#young, low, high) < 0 || this.#find(this.#old, low, high) < 0;
  }

  add(id: string): void {
    if (this.#count >= this.#max) this.#turn();
    const low = (hash(id, LOW_SEED) | 1) >>> 0;
    const high = hash(id, HIGH_SEED) >>> 0;
    const free = this.#find(this.#young, low, high);
    if (free < 0) return;
    this.#young[free] = low;
    this.#young[free + 1] = high;
    this.#count += 1;
  }

  #turn(): void {
    const old = this.#old;
    this.#old = this.#young;
    this.#young = old.fill(0);
    this.#count = 0;
  }

  /** -1 = there; else the place where it belongs. A low word of 0 marks a free place. */
  #find(words: Uint32Array, low: number, high: number): number {
    const mask = words.length - 1;
    let at = (high * WORDS) & mask;
    while (words[at] !== 0) {
      if (words[at] === low && words[at + 1] === high) return -1;
      at = (at + WORDS) & mask;
    }
    return at;
  }
}

/** FNV-1a with the finish of MurmurHash3: every bit of the text reaches every bit of the hash. */
function hash(text: string, seed: number): number {
  let state = seed;
  // Read once: ids are strings of so many makes that each look at the length would be a slow one.
  const { length } = text;
  for (let index = 0; index < length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
    // A plain FNV sends two texts that once met on together, whatever the seed.
    state ^= state >>> 15;
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
