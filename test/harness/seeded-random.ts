const SEED_MAX = 2 ** 31;

/** Random in [0, 1) that can be run again: the seed is printed, and `TEST_SEED` sets it. */
export function createSeededRandom(name: string): () => number {
  const given = process.env['TEST_SEED'];
  let state = given === undefined ? Math.floor(Math.random() * SEED_MAX) : Number(given);
  console.log(`${name}: TEST_SEED=${state}`);
  // Mulberry32: small, and good enough to choose moments and sizes.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
