import { isObject } from '../json/json-object.ts';
import { parseExactJson } from '../json/parse-exact-json.ts';

const CDATA = /^<!\[CDATA\[([^]*)\]\]>$/u;
const ENTITY = /&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([\da-f]{1,6}));/giu;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const CODE_POINT_MAX = 0x10_ff_ff;

/**
 * The JSON text of a call's arguments, `{}` for none; null = it is no object. What is JSON as it stands is left so:
 * `&lt;` in a string is what the model wants to say. Only where it is none has the model taken our block for XML, and
 * CDATA and entities are undone.
 */
export function parseCallArguments(inner: string): string | null {
  const text = inner.trim();
  if (text === '') return '{}';
  if (isJsonObject(text)) return text;
  const bare = (CDATA.exec(text)?.[1] ?? text).trim();
  if (isJsonObject(bare)) return bare;
  const decoded = bare.replaceAll(ENTITY, decodeEntity);
  return isJsonObject(decoded) ? decoded : null;
}

function isJsonObject(text: string): boolean {
  return text.startsWith('{') && isObject(parseExactJson(text));
}

function decodeEntity(entity: string, name?: string, decimal?: string, hex?: string): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : entity;
}
