/** Clients that invent names must not fill the memory. */
const NAMES_MAX = 512;

const known = new Map<string, string>();

/**
 * The one string of this text: names that come from the socket are new strings each time, which every later look at
 * them would compare or hash letter by letter.
 */
export function knowHeaderName(name: string): string {
  return known.get(name) ?? learnName(name);
}

function learnName(name: string): string {
  if (known.size >= NAMES_MAX) known.clear();
  // Names of properties are the strings that V8 keeps but once, as it does those that stand in the code.
  const [kept = name] = Object.keys({ [name]: true });
  known.set(kept, kept);
  return kept;
}
