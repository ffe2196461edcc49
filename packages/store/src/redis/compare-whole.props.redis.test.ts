import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, inject, it } from 'vitest';

const include = readFileSync(new URL('lua/includes/compare-whole.lua', import.meta.url), 'utf8');
const SCRIPT = `${include}\nreturn compareWhole(ARGV[1], ARGV[2])`;

describe('figures in Lua', () => {
  const redis = new Redis(inject('redisUrl'));
  afterAll(() => redis.disconnect());

  it('[LIM-8] [MON-1] whole numbers of any size are compared as BigInt compares them', async () => {
    const near = fc
      .tuple(fc.bigInt(), fc.bigInt({ min: -2n, max: 2n }))
      .map(([a, by]): [bigint, bigint] => [a, a + by]);
    const pairs = fc.oneof(
      near,
      fc.tuple(fc.bigInt(), fc.bigInt()),
      fc.tuple(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -20n, max: 20n })),
    );
    const property = fc.asyncProperty(pairs, async ([a, b]) => {
      const order = Number(await redis.eval(SCRIPT, 0, a.toString(), b.toString()));
      expect(Math.sign(order)).toBe(a < b ? -1 : Number(a > b));
    });
    await expect(fc.assert(property, { numRuns: 1_000 })).resolves.toBeUndefined();
  });
});
