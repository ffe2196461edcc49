import { isObject, type JsonObject } from '../../json/json-object.ts';

const DEPTH_MAX = 32;
/** References that share parts can stand for exponentially many schemas. */
const NODES_MAX = 5_000;
/** Where a schema stands: how deep, and inside of which references. */
export interface SchemaPlace {
  depth: number;
  open: ReadonlySet<string>;
}

export interface OpenSchema {
  schema: JsonObject;
  place: SchemaPlace;
}

/**
 * One schema that a client sent, with its references put in and its `allOf` merged, one level at a time. What would
 * never end (a reference inside what it refers to), and what is too deep or too large, is cut: null.
 */
export class SchemaSource {
  readonly #root: JsonObject;
  #nodes = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  open(schema: JsonObject, { depth, open }: SchemaPlace): OpenSchema | null {
    if (depth > DEPTH_MAX) return null;
    const refs = new Set(open);
    const expanded = this.#expand(schema, refs);
    return expanded && { schema: expanded, place: { depth: depth + 1, open: refs } };
  }

  /** `refs`: what has been put in on the way here, and now on. */
  #expand(schema: JsonObject, refs: Set<string>): JsonObject | null {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) return null;
    if (typeof schema['$ref'] === 'string') return this.#putIn(schema, schema['$ref'], refs);
    return Array.isArray(schema['allOf']) ? this.#mergeAll(schema, schema['allOf'], refs) : schema;
  }

  /** What stands beside a reference stays, and wins. */
  #putIn({ $ref: _ref, ...siblings }: JsonObject, ref: string, refs: Set<string>): JsonObject | null {
    if (refs.has(ref)) return null;
    refs.add(ref);
    return this.#expand({ ...findPointer(this.#root, ref), ...siblings }, refs);
  }

  #mergeAll({ allOf: _allOf, ...own }: JsonObject, members: unknown[], refs: Set<string>): JsonObject | null {
    const seen = new Set(refs);
    let merged: JsonObject = {};
    for (const member of members.filter(isObject)) {
      // Two members may refer to the same.
      const inner = new Set(seen);
      merged = mergeSchemas(merged, this.#expand(member, inner) ?? {});
      for (const ref of inner) refs.add(ref);
    }
    return mergeSchemas(merged, own);
  }
}

/** `#/$defs/a~1b`; null = another document, or nothing stands there. */
function findPointer(root: JsonObject, ref: string): JsonObject | null {
  if (!ref.startsWith('#')) return null;
  let value: unknown = root;
  for (const part of ref.split('/').slice(1)) {
    const key = decodePart(part);
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return null;
  }
  return isObject(value) ? value : null;
}

/** RFC 6901, in a URI fragment. */
function decodePart(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** What fulfils both: all fields, all that is required; of the rest the second's word. */
function mergeSchemas(first: JsonObject, second: JsonObject): JsonObject {
  const merged: JsonObject = { ...first, ...second };
  if (isObject(first['properties']) && isObject(second['properties'])) {
    merged['properties'] = { ...first['properties'], ...second['properties'] };
  }
  if (Array.isArray(first['required']) && Array.isArray(second['required'])) {
    merged['required'] = [...new Set<unknown>([...first['required'], ...second['required']])];
  }
  return merged;
}
