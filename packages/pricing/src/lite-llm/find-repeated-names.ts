/** Strings, and the marks that structure is made of. Numbers and words are skipped. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * Of an object's own names those that it has twice, and those whose value has a name twice, at any depth: of two
 * values a parser keeps the last without a word. `text` must be valid JSON whose top is an object.
 */
export function findRepeatedNames(text: string): Set<string> {
  const repeated = new Set<string>();
  /** Names of each open object; null = an array. */
  const open: (Set<string> | null)[] = [];
  let top = '';
  let lastString = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') lastString = token;
    else {
      const name = JSON.parse(lastString) as string;
      const names = open.at(-1);
      if (open.length === 1) top = name;
      if (names?.has(name)) repeated.add(top);
      names?.add(name);
    }
  }
  return repeated;
}
