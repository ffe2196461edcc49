import { isDeepStrictEqual } from 'node:util';

/** The fields of `wanted` that are given and differ from `current`; empty = nothing to do. */
export function selectChanges<Fields extends object>(
  current: Fields,
  wanted: Partial<NoInfer<Fields>>,
): Partial<Fields> {
  const changes: Partial<Fields> = {};
  for (const name of Object.keys(wanted) as (keyof Fields)[]) {
    const value = wanted[name];
    if (value !== undefined && !isDeepStrictEqual(value, current[name])) changes[name] = value;
  }
  return changes;
}
