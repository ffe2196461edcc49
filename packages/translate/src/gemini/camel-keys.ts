import { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';

const SNAKE = /_([a-z0-9])/gu;

/** One object with its own keys in camel case: Google takes `inline_data` as well as `inlineData`, at every level. */
export function camelKeys(object: JsonObject): JsonObject {
  if (!Object.keys(object).some((key) => key.includes('_'))) return object;
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [toCamel(key), value]));
}

/** What stands under the key in either spelling; undefined = nothing. */
export function getCamel(object: JsonObject, key: string): unknown {
  const found = findCamelKey(object, key);
  return found === undefined ? undefined : object[found];
}

/** The object with another value under the key, in the spelling that it has; undefined = without it. */
export function setCamel(object: JsonObject, key: string, value: unknown): JsonObject {
  const found = findCamelKey(object, key) ?? key;
  if (value !== undefined) return { ...object, [found]: value };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== found));
}

function findCamelKey(object: JsonObject, key: string): string | undefined {
  return Object.keys(object).find((name) => name === key || toCamel(name) === key);
}

function toCamel(key: string): string {
  return key.replace(SNAKE, (_match, letter: string) => letter.toUpperCase());
}

/** The fields of such an object. */
export function readCamel(object: JsonObject, path: string, findings: Findings): Fields {
  return new Fields(camelKeys(object), path, findings);
}

/** The fields of an object inside of another; null = it is not there. */
export function readCamelField(fields: Fields, key: string, findings: Findings): Fields | null {
  const object = fields.object(key);
  return object && readCamel(object, fields.param(key), findings);
}
