import { readArray, readObject } from '../../simulator/read-json.ts';
import { complain, type Complaint } from '../complaint.ts';

const CHOICES = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'] as const;
const DEPTH_MAX = 100;

/** The schema of a function, as OpenAI's own error texts tell its demands. `path`: where it stands in the body. */
export function checkFunctionSchema(
  schema: unknown,
  isStrict: boolean,
  path: readonly PropertyKey[],
): Complaint | null {
  const root = readObject(schema);
  if (root['type'] !== 'object') {
    return complain(
      path,
      `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(root['type'])}"'.`,
    );
  }
  const choice = CHOICES.find((key) => root[key] !== undefined);
  if (choice !== undefined) return complain(path, `schema must not have '${choice}' at the top level.`);
  // Strict schemas get theirs from the rules below.
  if (root['properties'] === undefined)
    return complain(path, 'In context=(), object schema missing properties.');
  return checkSubschema(root, isStrict, path, 0);
}

/** The schema of an answer: strict ones have the same rules. */
export function checkFormatSchema(
  schema: unknown,
  isStrict: boolean,
  path: readonly PropertyKey[],
): Complaint | null {
  return checkSubschema(readObject(schema), isStrict, path, 0);
}

function checkSubschema(
  schema: Record<string, unknown>,
  isStrict: boolean,
  path: readonly PropertyKey[],
  depth: number,
): Complaint | null {
  if (depth > DEPTH_MAX) return null;
  if (schema['type'] === 'array' && schema['items'] === undefined && schema['prefixItems'] === undefined) {
    return complain(path, 'array schema missing items.');
  }
  const loose = isStrict ? checkStrict(schema, path) : null;
  if (loose !== null) return loose;
  for (const [key, sub] of listSubschemas(schema)) {
    const complaint = checkSubschema(readObject(sub), isStrict, [...path, ...key], depth + 1);
    if (complaint !== null) return complaint;
  }
  return null;
}

function checkStrict(schema: Record<string, unknown>, path: readonly PropertyKey[]): Complaint | null {
  if (schema['type'] !== 'object' && schema['properties'] === undefined) return null;
  if (schema['additionalProperties'] !== false) {
    return complain(path, "'additionalProperties' is required to be supplied and to be false.");
  }
  const required = new Set(readArray(schema['required']));
  const missing = Object.keys(readObject(schema['properties'])).find((key) => !required.has(key));
  if (missing === undefined) return null;
  return complain(path, `'required' is required to be an array including every key. Missing '${missing}'.`);
}

function listSubschemas(schema: Record<string, unknown>): [PropertyKey[], unknown][] {
  const named = ['properties', '$defs', 'definitions'].flatMap((key) =>
    Object.entries(readObject(schema[key])).map(([name, sub]): [PropertyKey[], unknown] => [
      [key, name],
      sub,
    ]),
  );
  const listed = ['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((key) =>
    readArray(schema[key]).map((sub, index): [PropertyKey[], unknown] => [[key, index], sub]),
  );
  return [
    ...named,
    ...listed,
    ...(schema['items'] === undefined ? [] : [[['items'], schema['items']] as [PropertyKey[], unknown]]),
  ];
}
