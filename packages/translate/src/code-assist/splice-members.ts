import { applyEdits, listMembers } from '@tollgate/protocol';

/** The object (UTF-8 JSON) with one more member in front; as it is where it has the key, or is no object. */
export function insertMember(object: Buffer, key: string, value: string): Buffer {
  const text = object.toString('latin1');
  const members = listObjectMembers(text);
  if (members === null || members.some((member) => member.key === key)) return object;
  const start = text.indexOf('{') + 1;
  const comma = members.length === 0 ? '' : ',';
  return applyEdits(object, [
    { start, end: start, text: `${JSON.stringify(key)}:${JSON.stringify(value)}${comma}` },
  ]);
}

/** The object without members of these keys; the bytes of the others stay. */
export function removeMembers(object: Buffer, keys: ReadonlySet<string>): Buffer {
  const text = object.toString('latin1');
  const members = listObjectMembers(text);
  if (members === null || !members.some(({ key }) => keys.has(key))) return object;
  const kept: string[] = [];
  let from = text.indexOf('{') + 1;
  for (const { key, end } of members) {
    // Between two members stand white space and a comma, and no quote.
    if (!keys.has(key)) kept.push(text.slice(text.indexOf('"', from), end));
    from = end;
  }
  return Buffer.from(`{${kept.join(',')}}`, 'latin1');
}

export function hasMember(object: Buffer, key: string): boolean {
  return listObjectMembers(object.toString('latin1'))?.some((member) => member.key === key) ?? false;
}

/** null = not an object. */
function listObjectMembers(text: string): ReturnType<typeof listMembers> {
  return text.trimStart().startsWith('{') ? listMembers(text) : null;
}
