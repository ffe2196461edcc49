import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCircles, findWay, type Links } from './find-circles.ts';

const refs = ['a', 'b', 'c', 'd', 'e', 'f'];
const graphs = fc
  .array(fc.tuple(fc.constantFrom(...refs), fc.constantFrom(...refs, 'nowhere')), { maxLength: 12 })
  .map((pairs): Links => {
    const links = new Map(refs.map((ref): [string, string[]] => [ref, []]));
    for (const [from, to] of pairs) links.get(from)?.push(to);
    return links;
  });

/** The same by the definition: some step leads away, and a way leads back. */
function isOnCircle(links: Links, ref: string, other: string): boolean {
  return findWay(links, ref, other) !== null && findWay(links, other, ref) !== null;
}

describe('find-circles', () => {
  it('[SEL-6] a circle is who can be reached and leads back, in any graph', () => {
    fc.assert(
      fc.property(graphs, (links) => {
        const circles = findCircles(links);
        for (const ref of refs) {
          const others = refs.filter((other) => other !== ref && isOnCircle(links, ref, other));
          const expected = others.length === 0 ? undefined : [...others, ref].toSorted();
          expect(circles.get(ref)?.toSorted()).toEqual(expected);
        }
      }),
    );
  });

  it('[SEL-6] a way goes over links, and none is shorter', () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(...refs), fc.constantFrom(...refs), (links, from, to) => {
        const way = findWay(links, from, to);
        let reached = new Set([from]);
        for (let steps = 1; steps < (way?.length ?? refs.length + 1); steps += 1) {
          expect(reached.has(to)).toBe(false);
          reached = new Set([...reached].flatMap((ref) => links.get(ref) ?? []));
        }
        for (const [index, ref] of (way ?? []).slice(1).entries()) {
          expect(links.get(way?.[index] ?? '')).toContain(ref);
        }
      }),
    );
  });

  it('[SEL-6] a hundred thousand groups in one circle are no burden to the stack', () => {
    const links = new Map(
      Array.from({ length: 100_000 }, (_, n): [string, string[]] => [`g${n}`, [`g${(n + 1) % 100_000}`]]),
    );
    expect(findCircles(links).get('g7')).toHaveLength(100_000);
  });
});
