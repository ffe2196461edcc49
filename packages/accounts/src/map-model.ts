import { isPatternFor } from './is-pattern-for.ts';

/** Requested name, exact or with a trailing `*`, → upstream name; a `*` there stands for the matched rest. */
export type ModelMapping = Readonly<Record<string, string>>;

/**
 * The upstream's name for `requested`: by the exact entry, else by the longest pattern that fits. An empty
 * mapping allows every name and changes none; null = the mapping does not allow this one.
 */
export function mapModel(mapping: ModelMapping, requested: string): string | null {
  // hasOwn: "constructor" is a name that a client may ask for.
  if (Object.hasOwn(mapping, requested) && !requested.endsWith('*')) return mapping[requested] ?? null;
  let best: string | null = null;
  let isEmpty = true;
  for (const name in mapping) {
    isEmpty = false;
    if (name.length > (best?.length ?? 0) && isPatternFor(name, requested)) best = name;
  }
  if (isEmpty) return requested;
  return best === null ? null : fillPattern(mapping[best] ?? '', requested.slice(best.length - 1));
}

function fillPattern(target: string, rest: string): string {
  return target.endsWith('*') ? target.slice(0, -1) + rest : target;
}
