import { expect, it } from 'vitest';
import { buildRevocationTable, listRevocationBreaches } from './judge-revocations.ts';
import type { ModeResult } from './revocation-modes.ts';
import type { Revocation } from './revoke-key.ts';

const inForce = { nodes: 2, of: 2, afterMs: 4 };
const revocation = (lastAcceptedMs: number[], changes: Partial<Revocation> = {}): Revocation => ({
  lastAcceptedMs,
  acceptedAfter: lastAcceptedMs.filter((ms) => ms > 0).length,
  change: { number: 1, inForce: null },
  ...changes,
});
const mode = (revocations: Revocation[], boundMs: number | null): ModeResult => ({
  mode: 'm',
  boundMs,
  revocations,
  loadPerSecond: 12.3,
});

it.each([
  ['within its bound', mode([revocation([0, 100])], 100), 0],
  ['over its bound', mode([revocation([0, 100.1])], 100), 1],
  ['in force and dead', mode([revocation([0, 0], { change: { number: 1, inForce } })], null), 0],
  ['in force and accepted', mode([revocation([0, 1], { change: { number: 1, inForce } })], null), 1],
  [
    'said in force, accepted, bound kept',
    mode([revocation([1, 0], { change: { number: 1, inForce } })], 9),
    1,
  ],
  ['never in force', mode([revocation([0, 0])], null), 1],
])('%s', (_name, result, breaches) => {
  expect(listRevocationBreaches(result)).toHaveLength(breaches);
});

it('shows figures of all nodes and of each', () => {
  const table = buildRevocationTable([mode([revocation([0, 20]), revocation([0, 4])], 100)]);
  expect(table.slice(2)).toEqual([
    '| m | all | 2 | 2 | 0.0 | 20 | 20 | 100 |  | 12 |',
    '|  | 0 |  |  | 0.0 | 0.0 | 0.0 |  |  |  |',
    '|  | 1 |  |  | 4.0 | 20 | 20 |  |  |  |',
  ]);
});
