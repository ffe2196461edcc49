import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideLimit } from './divide-limit.ts';

describe('[LIM-11] divideLimit', () => {
  it.each([
    [100, 4, 25],
    [10, 4, 2],
    [3, 4, 1],
    [1, 4, 1],
    [1, 1, 1],
    [0, 4, 0],
    [-5, 4, 0],
    [10, 0, 10],
    [10, -1, 10],
    [10, NaN, 10],
    [10, Infinity, 1],
    [10, 1.9, 10],
  ])('%d over %d nodes is %d each', (limit, nodes, part) => expect(divideLimit(limit, nodes)).toBe(part));

  it('the nodes together never pass more than the limit, unless they are more than it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1000 }), (limit, nodes) => {
        const part = divideLimit(limit, nodes);
        expect(part).toBeGreaterThanOrEqual(1);
        expect(part * nodes).toBeLessThanOrEqual(Math.max(limit, nodes));
        // Less than one part a node is left over.
        expect(limit - part * nodes).toBeLessThan(nodes);
      }),
    );
  });
});
