/** The query passes (`?beta=true`), a key in it does not (ACC-9). */
export function selectQuery(query: string): string {
  if (query === '') return '';
  const kept = query.split('&').filter((pair) => pair !== '' && !hasKey(pair));
  return kept.length > 0 ? `?${kept.join('&')}` : '';
}

/** Some servers also part pairs at `;`. */
function hasKey(pair: string): boolean {
  return pair.split(';').some((part) => /^key(=|$)/i.test(decodeName(part)));
}

/** Undoes escapes in the name, so that `%6bey` is seen as `key`. A broken escape stays as it is. */
function decodeName(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  try {
    return decodeURIComponent(name).trim();
  } catch {
    return name;
  }
}
