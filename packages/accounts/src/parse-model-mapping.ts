/** Entries of one mapping. Each is looked at for each request that no exact name decides. */
export const MAPPING_ENTRIES_MAX = 500;
/** The same bound as for the model of a request. */
export const MAPPING_NAME_LENGTH_MAX = 256;

export interface MappingProblem {
  /** The requested name whose entry is wrong; null = the mapping as a whole. */
  name: string | null;
  message: string;
}

export type ParsedModelMapping =
  | { ok: true; mapping: Record<string, string> }
  | { ok: false; problems: MappingProblem[] };

/**
 * Checks an operator's mapping: names of 1–256 characters without control characters and spaces at the ends,
 * `*` only as the last character, on the right side only where the left side has one. All problems at once.
 */
export function parseModelMapping(input: unknown): ParsedModelMapping {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return failWhole('must be an object of requested name to upstream name');
  }
  const entries = Object.entries(input);
  if (entries.length > MAPPING_ENTRIES_MAX) {
    return failWhole(`must have at most ${MAPPING_ENTRIES_MAX} entries`);
  }
  const problems = entries.flatMap(([name, target]) => findProblems(name, target));
  if (problems.length > 0) return { ok: false, problems };
  // fromEntries defines: a key `__proto__` stays an entry.
  return { ok: true, mapping: Object.fromEntries(entries) as Record<string, string> };
}

function failWhole(message: string): ParsedModelMapping {
  return { ok: false, problems: [{ name: null, message }] };
}

function findProblems(name: string, target: unknown): MappingProblem[] {
  const texts = [
    describeName('the requested name', name),
    typeof target === 'string'
      ? describeName('the upstream name', target)
      : 'the upstream name must be a string',
    typeof target === 'string' && target.endsWith('*') && !name.endsWith('*')
      ? 'the upstream name may end with * only if the requested name does'
      : null,
  ];
  return texts.filter((text) => text !== null).map((message) => ({ name, message }));
}

function describeName(which: string, name: string): string | null {
  if (name === '') return `${which} must not be empty`;
  if (name.length > MAPPING_NAME_LENGTH_MAX) {
    return `${which} must have at most ${MAPPING_NAME_LENGTH_MAX} characters`;
  }
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) return `${which} must not hold control characters`;
  if (name.trim() !== name) return `${which} must not begin or end with a space`;
  return name.slice(0, -1).includes('*') ? `${which} may hold * only as its last character` : null;
}
