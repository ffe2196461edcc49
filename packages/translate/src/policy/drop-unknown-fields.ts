import type { JsonObject } from '../json/json-object.ts';
import type { Findings } from './findings.ts';

/** Reports the fields of a body that a decoder does not know, by their names. */
export function dropUnknownFields(body: JsonObject, known: ReadonlySet<string>, findings: Findings): void {
  for (const key of Object.keys(body)) {
    if (!known.has(key) && body[key] !== null && body[key] !== undefined) findings.drop(key);
  }
}
