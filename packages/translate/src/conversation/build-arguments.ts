import { isObject, type JsonObject } from '../json/json-object.ts';
import { isExactNumber, parseExactJson } from '../json/parse-exact-json.ts';

/** The only key of arguments that were no JSON object: the model's text is kept, and still no invalid request made. */
const MALFORMED_ARGUMENTS = 'malformed_arguments';

/** JSON text of one object, whatever the client's history or the model held; nothing at all is `{}`. */
export function buildArguments(text: string): string {
  if (text.trim() === '') return '{}';
  const value = parseExactJson(text);
  return isObject(value) && !isExactNumber(value) ? text : JSON.stringify({ [MALFORMED_ARGUMENTS]: text });
}

/** The object that such a text holds, with exact numbers. */
export function parseArguments(text: string): JsonObject {
  const value = parseExactJson(text);
  return isObject(value) && !isExactNumber(value) ? value : { [MALFORMED_ARGUMENTS]: text };
}

/** The arguments of a call as an upstream gives them: text, or, of some compatible vendors, the object itself. */
export function readArgumentsText(value: unknown): string {
  if (isObject(value)) return JSON.stringify(value);
  return typeof value === 'string' ? value : '';
}
