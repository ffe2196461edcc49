import { isObject, type JsonObject } from '../../json/json-object.ts';
import { cleanKeywords, type SchemaDialect } from './clean-keywords.ts';
import { SchemaSource, type SchemaPlace } from './schema-source.ts';

/** One of these says what a value is; an input of which nothing is said is an object. */
const KINDS = ['type', '$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'items'];
const START: SchemaPlace = { depth: 0, open: new Set() };

/**
 * A client's JSON schema as Google takes it. `json-schema`: for `parametersJsonSchema` and `responseJsonSchema`;
 * `openapi`: for `parameters` and all of code-assist, which refuse far more. References are put in, what they would
 * repeat without end is cut to any object, and what is not understood is left out.
 */
export function cleanSchema(schema: JsonObject, dialect: SchemaDialect): JsonObject {
  const root = KINDS.some((key) => schema[key] !== undefined) ? schema : { ...schema, type: 'object' };
  return new SchemaCleaner(root, dialect).clean(root, START);
}

/** The same for the input of a tool; null = the tool takes none, which Google wants said by silence. */
export function cleanToolSchema(schema: JsonObject, dialect: SchemaDialect): JsonObject | null {
  const cleaned = cleanSchema(schema, dialect);
  return isEmptyObject(cleaned) ? null : cleaned;
}

function isEmptyObject({ type, properties, ...rest }: JsonObject): boolean {
  if (type !== 'object' && type !== undefined) return false;
  const hasFields = isObject(properties) && Object.keys(properties).length > 0;
  return !hasFields && rest['anyOf'] === undefined && !isObject(rest['additionalProperties']);
}

class SchemaCleaner {
  readonly #source: SchemaSource;
  readonly #dialect: SchemaDialect;

  constructor(root: JsonObject, dialect: SchemaDialect) {
    this.#source = new SchemaSource(root);
    this.#dialect = dialect;
  }

  /** `true` and `{}` allow anything; as nobody may send nothing, `false` says the same. */
  clean(schema: unknown, place: SchemaPlace): JsonObject {
    const opened = this.#source.open(isObject(schema) ? schema : {}, place);
    if (opened === null) return this.#cut(schema);
    const cleaned = cleanKeywords(opened.schema, this.#dialect);
    this.#cleanFields(cleaned, opened.schema, opened.place);
    this.#cleanItems(cleaned, opened.schema, opened.place);
    this.#cleanChoices(cleaned, opened.schema, opened.place);
    if (this.#dialect === 'openapi') settleType(cleaned);
    return cleaned;
  }

  #cut(schema: unknown): JsonObject {
    const description = isObject(schema) ? schema['description'] : null;
    return { type: 'object', ...(typeof description === 'string' && { description }) };
  }

  #cleanFields(cleaned: JsonObject, schema: JsonObject, place: SchemaPlace): void {
    const { properties, additionalProperties: others } = schema;
    if (isObject(properties)) {
      const entries = Object.entries(properties).map(([key, field]) => [key, this.clean(field, place)]);
      // A field may be called `__proto__`.
      cleaned['properties'] = Object.fromEntries(entries);
      cleaned['type'] ??= 'object';
      const required = Array.isArray(schema['required']) ? schema['required'] : [];
      const known = required.filter((key) => typeof key === 'string' && Object.hasOwn(properties, key));
      if (known.length > 0) cleaned['required'] = [...new Set<unknown>(known)];
    }
    if (this.#dialect === 'openapi' || others === undefined) return;
    cleaned['additionalProperties'] = isObject(others) ? this.clean(others, place) : others === true;
  }

  #cleanItems(cleaned: JsonObject, schema: JsonObject, place: SchemaPlace): void {
    const { items, prefixItems } = schema;
    const places: unknown[] = Array.isArray(items) ? items : Array.isArray(prefixItems) ? prefixItems : [];
    if (cleaned['type'] !== 'array' && !isObject(items) && places.length === 0) return;
    cleaned['type'] ??= 'array';
    // An array without `items` is refused, and a list of places is unknown.
    const kinds = isObject(items) ? [items] : places;
    const [first = { type: 'string' }, ...more] = kinds.map((kind) => this.clean(kind, place));
    cleaned['items'] = more.length === 0 ? first : { anyOf: [first, ...more] };
  }

  #cleanChoices(cleaned: JsonObject, schema: JsonObject, place: SchemaPlace): void {
    const choices = [schema['anyOf'], schema['oneOf']].find(Array.isArray) ?? [];
    const others = choices.filter((choice) => !isNull(choice));
    if (others.length === 0) return;
    const isNullable = others.length < choices.length;
    const cleanedChoices = others.map((choice) => this.clean(choice, place));
    const only = cleanedChoices[0];
    if (cleanedChoices.length === 1 && only !== undefined) Object.assign(cleaned, { ...only, ...cleaned });
    else addChoices(cleaned, cleanedChoices, this.#dialect);
    if (isNullable) markNullable(cleaned, this.#dialect);
  }
}

function isNull(choice: unknown): boolean {
  return isObject(choice) && choice['type'] === 'null';
}

/** The stricter form wants a type, or choices without one. */
function settleType(cleaned: JsonObject): void {
  if (cleaned['anyOf'] === undefined) cleaned['type'] ??= 'string';
  else if (cleaned['type'] !== undefined) delete cleaned['anyOf'];
}

/** Beside `anyOf` the stricter form takes nothing but a description. */
function addChoices(cleaned: JsonObject, anyOf: JsonObject[], dialect: SchemaDialect): void {
  if (dialect === 'openapi') {
    const { type, properties } = cleaned;
    // Fields that all choices have say more than the choices, which mostly tell what is required together.
    if (type === 'object' && properties !== undefined) return;
    for (const key of Object.keys(cleaned)) if (key !== 'description') delete cleaned[key];
  }
  cleaned['anyOf'] = anyOf;
}

function markNullable(cleaned: JsonObject, dialect: SchemaDialect): void {
  if (dialect === 'openapi') cleaned['nullable'] = true;
  else if (Array.isArray(cleaned['anyOf'])) cleaned['anyOf'] = [...cleaned['anyOf'], { type: 'null' }];
  else if (typeof cleaned['type'] === 'string') cleaned['type'] = [cleaned['type'], 'null'];
}
