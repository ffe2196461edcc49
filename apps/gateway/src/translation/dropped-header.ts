/** Lists are short; whatever a client sends, the header stays one that every server takes. */
const LENGTH_MAX = 512;
const UNSAFE = /[^\x21-\x2b\x2d-\x7e]+/gu;

/** API-3: what of the request or the answer the other protocol cannot carry, each name once. None = no header. */
export function buildDroppedHeader(dropped: readonly string[]): Record<string, string> {
  const names = [...new Set(dropped.map((name) => name.replaceAll(UNSAFE, '_')))];
  let value = '';
  for (const name of names) {
    const longer = value === '' ? name : `${value},${name}`;
    if (longer.length > LENGTH_MAX) break;
    value = longer;
  }
  return value === '' ? {} : { 'x-tollgate-dropped': value };
}
