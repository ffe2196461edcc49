import { parseMultiplier, type GroupSnapshot, type Multiplier } from '@tollgate/core';

const multipliers = new WeakMap<GroupSnapshot, Multiplier>();

/** The group's price multiplier, parsed once for as long as the snapshot lives. Throws RangeError as the parser. */
export function readMultiplier(group: GroupSnapshot): Multiplier {
  let multiplier = multipliers.get(group);
  if (multiplier === undefined) {
    multiplier = parseMultiplier(group.rateMultiplier);
    multipliers.set(group, multiplier);
  }
  return multiplier;
}
