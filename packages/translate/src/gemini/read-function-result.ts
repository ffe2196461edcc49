import { isObject, type JsonObject } from '../json/json-object.ts';

/** The `response` of a function response. Google's convention: `output` or `error`, alone; else the tool's own object. */
export function readFunctionResult(response: JsonObject): { text: string; isError: boolean } {
  const [key, ...others] = Object.keys(response);
  if (key === undefined) return { text: '', isError: false };
  const isWrapped = others.length === 0 && (key === 'output' || key === 'result' || key === 'error');
  const value = isWrapped ? response[key] : response;
  return { text: writeText(value), isError: isWrapped && key === 'error' };
}

function writeText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value ?? '');
}
