import type { Findings } from '../policy/findings.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';

const CHOICES = ['anyOf', 'oneOf', 'allOf'] as const;
const NAMED = ['properties', '$defs', 'definitions'] as const;

/** A function's input without choices at its root, which Anthropic and OpenAI refuse: what each may hold, in one. */
export function joinRootChoices(schema: JsonObject): JsonObject {
  const choices = CHOICES.flatMap((key) => listObjects(schema[key]));
  if (choices.length === 0) return schema;
  const rest = Object.entries(schema).filter(([key]) => !CHOICES.some((choice) => choice === key));
  const fields = [...choices, schema].flatMap(({ properties }) =>
    isObject(properties) ? Object.entries(properties) : [],
  );
  return { ...Object.fromEntries(rest), properties: Object.fromEntries(fields) };
}

/** A function's input as OpenAI takes it: an object that names its fields, and arrays that say of what. */
export function fitOpenAiSchema(schema: JsonObject): JsonObject {
  const whole = giveItems(joinRootChoices(schema));
  const { type, properties } = whole;
  if (type === 'object' && isObject(properties)) return whole;
  return { ...whole, type: 'object', properties: isObject(properties) ? properties : {} };
}

/** Every array in the schema gets `items`. Untouched where all have them, as most do. */
export function giveItems(schema: JsonObject): JsonObject {
  const changed: JsonObject = {};
  if (isBareArray(schema)) changed['items'] = {};
  for (const key of NAMED) {
    const named = schema[key];
    if (isObject(named)) note(changed, key, named, mapFields(named));
  }
  for (const key of [...CHOICES, 'prefixItems']) {
    const listed = schema[key];
    if (Array.isArray(listed)) note(changed, key, listed, mapList(listed));
  }
  for (const key of ['items', 'additionalProperties']) {
    const below = schema[key];
    if (isObject(below)) note(changed, key, below, giveItems(below));
  }
  return Object.keys(changed).length === 0 ? schema : { ...schema, ...changed };
}

function isBareArray({ type, items, prefixItems }: JsonObject): boolean {
  const isArray = type === 'array' || (Array.isArray(type) && type.includes('array'));
  return isArray && items === undefined && prefixItems === undefined;
}

function note(changed: JsonObject, key: string, before: unknown, after: unknown): void {
  if (after !== before) changed[key] = after;
}

/** A field may be called `__proto__`. */
function mapFields(fields: JsonObject): JsonObject {
  let isChanged = false;
  const entries = Object.entries(fields).map(([key, field]) => {
    const mapped = isObject(field) ? giveItems(field) : field;
    isChanged ||= mapped !== field;
    return [key, mapped];
  });
  return isChanged ? (Object.fromEntries(entries) as JsonObject) : fields;
}

function mapList(list: unknown[]): unknown[] {
  const mapped = list.map((entry) => (isObject(entry) ? giveItems(entry) : entry));
  return mapped.some((entry, index) => entry !== list[index]) ? mapped : list;
}

/** Whether `strict` goes on: not with a schema that OpenAI would refuse for it, as Anthropic's rules are looser. */
export function takesStrict(schema: JsonObject | null, findings: Findings): boolean {
  if (schema === null || isOpenAiStrict(schema)) return true;
  findings.drop('tool-strict');
  return false;
}

/** Whether OpenAI takes the schema as `strict`: no other fields than those named, and each of them required. */
function isOpenAiStrict(schema: JsonObject): boolean {
  const { type, properties, required, additionalProperties, items } = schema;
  if (type === 'object' || isObject(properties)) {
    const names = Object.keys(isObject(properties) ? properties : {});
    const known = new Set<unknown>(Array.isArray(required) ? required : []);
    if (additionalProperties !== false || !names.every((name) => known.has(name))) return false;
  }
  const below = [
    ...NAMED.flatMap((key) => (isObject(schema[key]) ? Object.values(schema[key]) : [])),
    ...CHOICES.flatMap((key) => listObjects(schema[key])),
    items,
  ];
  return below.every((each) => !isObject(each) || isOpenAiStrict(each));
}
