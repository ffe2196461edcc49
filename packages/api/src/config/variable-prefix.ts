/** `main (eu)` → `TOLLGATE_ACCOUNT_MAIN_EU`, for `TOLLGATE_ACCOUNT`. Adds it to `taken`: no two objects have the same. */
export function selectVariablePrefix(kind: string, name: string, taken: Set<string>): string {
  const words = name.toUpperCase().match(/[A-Z0-9]+/g) ?? ['X'];
  const base = `${kind}_${words.join('_')}`;
  let prefix = base;
  // Two underscores: no name of an object comes out like this by itself.
  for (let number = 2; taken.has(prefix); number += 1) prefix = `${base}__${number}`;
  taken.add(prefix);
  return prefix;
}
