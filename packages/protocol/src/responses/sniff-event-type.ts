import { findField } from '../json/find-field.ts';
import { parseText } from '../json/json-object.ts';

/** The type of an event that has no `event:` line; some compatible vendors leave it out. '' = its data has none. */
export function sniffEventType(data: Buffer): string {
  const text = data.toString('latin1');
  const field = findField(text, ['type']);
  const type = field === null ? undefined : parseText(field);
  if (typeof type === 'string') return type;
  return findField(text, ['error'])?.startsWith('{') ? 'error' : '';
}
