import { readArray, readObject } from '../../simulator/read-json.ts';
import { complain, type Complaint } from '../complaint.ts';

/** What `parametersJsonSchema` and `responseJsonSchema` are said to take. https://ai.google.dev/api/generate-content */
const KNOWN = new Set(
  `$schema $id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum
   anyOf oneOf properties additionalProperties required propertyOrdering nullable default minLength maxLength pattern`.split(
    /\s+/u,
  ),
);

/** A JSON schema for Google: keywords that it knows, arrays with `items`, no reference that goes round in a circle. */
export function checkJsonSchema(schema: unknown, path: readonly PropertyKey[]): Complaint | null {
  return new JsonSchemaRules(readObject(schema)).check(schema, path, new Set());
}

class JsonSchemaRules {
  readonly #defs: Record<string, unknown>;

  constructor(root: Record<string, unknown>) {
    this.#defs = readObject(root['$defs']);
  }

  /** `open`: the definitions that this schema stands in. */
  check(value: unknown, path: readonly PropertyKey[], open: ReadonlySet<string>): Complaint | null {
    const schema = readObject(value);
    const unknownField = Object.keys(schema).find((key) => !KNOWN.has(key)) ?? null;
    if (unknownField !== null) return { path, message: 'Unknown name', unknownField };
    if (schema['type'] === 'array' && schema['items'] === undefined && schema['prefixItems'] === undefined) {
      return complain(path, 'items: missing field.');
    }
    return this.#checkRef(schema['$ref'], path, open) ?? this.#checkBelow(schema, path, open);
  }

  #checkRef(ref: unknown, path: readonly PropertyKey[], open: ReadonlySet<string>): Complaint | null {
    if (typeof ref !== 'string') return null;
    const name = /^#\/\$defs\/(.+)$/u.exec(ref)?.[1] ?? '';
    if (!Object.hasOwn(this.#defs, name)) return complain(path, `reference ${ref} is not defined`);
    if (open.has(name)) return complain(path, `reference ${ref} is recursive`);
    return this.check(this.#defs[name], path, new Set([...open, name]));
  }

  #checkBelow(
    schema: Record<string, unknown>,
    path: readonly PropertyKey[],
    open: ReadonlySet<string>,
  ): Complaint | null {
    const below = [
      ...Object.entries(readObject(schema['properties'])),
      ...['anyOf', 'oneOf', 'prefixItems'].flatMap((key) => Object.entries(readArray(schema[key]))),
      ...['items', 'additionalProperties'].map((key) => [key, schema[key]] as const),
    ] as const;
    for (const [key, sub] of below.filter(([, schemaBelow]) => schemaBelow !== undefined)) {
      const complaint = this.check(sub, [...path, key], open);
      if (complaint !== null) return complaint;
    }
    return null;
  }
}
