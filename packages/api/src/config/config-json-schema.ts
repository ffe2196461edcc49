import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { SECRET_FIELDS, secretReferenceSchema } from './secret-references.ts';

type JsonSchema = Record<string, unknown>;

/**
 * The published JSON schema of the file (2020-12): what people write, with references where secrets may be. What it
 * cannot say (names that must exist, fields of one kind of account) is found when the file is applied.
 */
export function buildConfigJsonSchema(): JsonSchema {
  const schema: JsonSchema = {
    title: 'Tollgate configuration',
    ...z.toJSONSchema(configSchema, { io: 'input' }),
    $defs: { secret: z.toJSONSchema(secretReferenceSchema, { io: 'input' }) },
  };
  // zod's own is about the part alone.
  delete readSchema(schema, '$defs', 'secret')['$schema'];
  for (const [section, fields] of Object.entries(SECRET_FIELDS)) {
    const entry = readSchema(schema, 'properties', section, 'items');
    for (const field of fields) {
      const path = field.split('.').flatMap((name) => ['properties', name]);
      const holder = readSchema(entry, ...path.slice(0, -1));
      holder[path.at(-1) ?? ''] = allowReference(readSchema(entry, ...path));
    }
  }
  return schema;
}

function allowReference({ description, ...plain }: JsonSchema): JsonSchema {
  const shown = description === undefined ? {} : { description };
  return { ...shown, anyOf: [plain, { $ref: '#/$defs/secret' }] };
}

/** The part of a schema at the path. Throws when there is none: then fields were renamed and the list above was not. */
function readSchema(schema: JsonSchema, ...path: string[]): JsonSchema {
  return path.reduce<JsonSchema>((part, name) => {
    const next = part[name];
    if (typeof next !== 'object' || next === null) throw new Error(`the schema has no ${path.join('.')}`);
    return next as JsonSchema;
  }, schema);
}
