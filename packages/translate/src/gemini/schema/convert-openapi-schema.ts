import { isObject, type JsonObject } from '../../json/json-object.ts';

/** Numbers that Google writes as strings, too. */
const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];
const KEPT = ['title', 'description', 'pattern', 'minimum', 'maximum', 'enum', 'default', 'required'];
/** Deeper is refused by every model, and a walk that calls itself has an end. */
const DEPTH_MAX = 64;

/**
 * Google's schema (a subset of OpenAPI 3.0, types in capitals, `nullable`) as JSON schema, keys in camel case or not.
 * https://ai.google.dev/api/caching#Schema
 */
export function convertOpenApiSchema(schema: JsonObject, depth = 0): JsonObject {
  const converted: JsonObject = {};
  const type = typeof schema['type'] === 'string' ? schema['type'].toLowerCase() : null;
  if (type !== null && type !== 'type_unspecified') {
    converted['type'] = schema['nullable'] === true ? [type, 'null'] : type;
  }
  for (const key of KEPT) if (schema[key] !== undefined && schema[key] !== null) converted[key] = schema[key];
  for (const key of COUNTS) copyCount(converted, schema, key);
  if (typeof schema['format'] === 'string' && schema['format'] !== 'enum')
    converted['format'] = schema['format'];
  if (depth < DEPTH_MAX) convertInner(converted, schema, depth + 1);
  return converted;
}

function convertInner(converted: JsonObject, schema: JsonObject, depth: number): void {
  const { properties, items, anyOf = schema['any_of'] } = schema;
  if (isObject(properties)) {
    const entries = Object.entries(properties).map(([key, field]) => [key, convertAny(field, depth)]);
    converted['properties'] = Object.fromEntries(entries);
  }
  if (isObject(items)) converted['items'] = convertOpenApiSchema(items, depth);
  if (Array.isArray(anyOf)) converted['anyOf'] = anyOf.map((choice) => convertAny(choice, depth));
}

function convertAny(schema: unknown, depth: number): JsonObject {
  return isObject(schema) ? convertOpenApiSchema(schema, depth) : {};
}

function copyCount(converted: JsonObject, schema: JsonObject, key: string): void {
  const value = Number(schema[key] ?? Number.NaN);
  if (Number.isInteger(value)) converted[key] = value;
}
