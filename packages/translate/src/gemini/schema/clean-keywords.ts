import type { JsonObject } from '../../json/json-object.ts';

/** Which words the target knows: see cleanSchema. */
export type SchemaDialect = 'json-schema' | 'openapi';

const BOTH = [
  'title',
  'description',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
];

const KEYWORDS: Readonly<Record<SchemaDialect, readonly string[]>> = {
  'json-schema': [...BOTH, 'format', 'default'],
  openapi: [...BOTH, 'minProperties', 'maxProperties'],
};

const OPENAPI_FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
};

const TYPES = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);

/** What one schema says of itself, without the schemas inside it. */
export function cleanKeywords(schema: JsonObject, dialect: SchemaDialect): JsonObject {
  const cleaned: JsonObject = {};
  setType(cleaned, schema, dialect);
  for (const key of KEYWORDS[dialect]) {
    if (schema[key] !== undefined && schema[key] !== null) cleaned[key] = schema[key];
  }
  setEnum(cleaned, schema, dialect);
  if (dialect === 'openapi') setFormat(cleaned, schema);
  return cleaned;
}

/** Google writes types in capitals, and so do clients that were made for it. */
function readTypes(type: unknown): string[] {
  const list: unknown[] = Array.isArray(type) ? type : [type];
  const types = list.map((entry) => (typeof entry === 'string' ? entry.toLowerCase() : ''));
  return [...new Set(types.filter((entry) => TYPES.has(entry)))];
}

function setType(cleaned: JsonObject, schema: JsonObject, dialect: SchemaDialect): void {
  const types = readTypes(schema['type']);
  if (schema['nullable'] === true && types.length > 0 && !types.includes('null')) types.push('null');
  const [first, ...more] = types.filter((type) => type !== 'null');
  if (first === undefined) return;
  if (dialect === 'json-schema') {
    cleaned['type'] = types.length === 1 ? first : types;
    return;
  }
  if (types.includes('null')) cleaned['nullable'] = true;
  if (more.length === 0) cleaned['type'] = first;
  else cleaned['anyOf'] = [first, ...more].map((type) => buildChoice(type));
}

function buildChoice(type: string): JsonObject {
  return type === 'array' ? { type, items: { type: 'string' } } : { type };
}

/** `const` is a choice of one. The stricter form has choices of strings only: others go where people read them. */
function setEnum(cleaned: JsonObject, schema: JsonObject, dialect: SchemaDialect): void {
  const values: unknown[] = schema['const'] === undefined ? readList(schema['enum']) : [schema['const']];
  const scalars = values.filter((value) => typeof value === 'string' || typeof value === 'number');
  if (values.length === 0) return;
  const isAllText =
    scalars.length > 0 && values.every((value) => typeof value === 'string' || value === null);
  if (!isAllText && (dialect === 'openapi' || scalars.length < values.length)) {
    return describeChoice(cleaned, values);
  }
  if (isAllText) cleaned['type'] ??= 'string';
  // The stricter form refuses an empty choice.
  const choices = dialect === 'openapi' ? scalars.filter((value) => value !== '') : scalars;
  if (choices.length > 0) cleaned['enum'] = [...new Set(choices)];
}

function describeChoice(cleaned: JsonObject, values: unknown[]): void {
  const described = typeof cleaned['description'] === 'string' ? `${cleaned['description']} ` : '';
  cleaned['description'] = `${described}One of: ${values.map((value) => JSON.stringify(value)).join(', ')}.`;
  cleaned['type'] ??= nameType(values[0]);
}

function nameType(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    default:
      return 'object';
  }
}

function setFormat(cleaned: JsonObject, { format }: JsonObject): void {
  const known = OPENAPI_FORMATS[String(cleaned['type'])];
  if (typeof format === 'string' && known?.includes(format) === true) cleaned['format'] = format;
}

function readList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
