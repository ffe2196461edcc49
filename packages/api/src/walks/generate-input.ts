import fc, { type Arbitrary } from 'fast-check';
import type { z } from 'zod';

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: readonly z.ZodType[];
  keyType?: z.ZodType;
  valueType?: z.ZodType;
  values?: readonly unknown[];
  entries?: Record<string, unknown>;
}

/** Texts that have broken servers, and shapes that a schema may have forgotten. */
const WRONG: readonly unknown[] = [
  null,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\uD800',
  'x\uDC00y',
  '\u202Eabc',
  "'; drop table users; --",
  '../../etc/passwd',
  '%00',
  'x'.repeat(5_000),
  'usr_',
  'usr_none',
  'acc_zzzzzzzzzzzzzzzzzzzzzzzzzz',
  'not a cursor',
  '9999-99-99T99:99:99.999Z/att_1',
  '2030-01-01T00:00:00.000Z/att_1',
  '+275760-09-13T00:00:00.000Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  'NaN',
  '1e400',
  '99999999999999999999999999999999999999',
  '-0',
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  2 ** 31,
  true,
  [],
  [[]],
  {},
  { id: {} },
  { toString: 1, constructor: null },
];

/** A hundred levels: deeper than anything that is meant. */
const DEEP: unknown = Array.from({ length: 100 }).reduce((inner) => ({ a: [inner] }), 1);

const wrong: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WRONG) },
  { weight: 1, arbitrary: fc.constant(DEEP) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

/** Values that are worth a try where a schema takes a text or a number; the fitting ones are kept. */
const TRIED: readonly unknown[] = [
  'a',
  'name',
  'someone@example.com',
  '1.5',
  '0',
  '2030-01-31T00:00:00Z',
  '2030-01-31T00:00:00.000Z/att_1',
  'https://upstream.example',
  'http://proxy.example:3128',
  '10.0.0.0/8',
  'sk-0123456789abcdef',
  'a'.repeat(64),
  0,
  1,
  2,
  50,
  100,
  400,
  500,
  1_000_000_000,
];

/**
 * Inputs for a schema: mostly of its shape, with wrong parts here and there; now and then nothing of the sort. `known`:
 * values that exist (ids, names, cursors), so that calls get behind the first check.
 */
export function generateInput(schema: z.ZodType | null, known: Known): Arbitrary<unknown> {
  const shaped = schema === null ? wrong : generate(schema, known, 0.15, '');
  return fc.oneof({ weight: 9, arbitrary: shaped }, { weight: 1, arbitrary: wrong });
}

/** The values that exist for a field of this name, the nearest ones. */
export type Known = (field: string) => readonly unknown[];

const PREFIXES: Readonly<Record<string, string>> = {
  user: 'usr_',
  group: 'grp_',
  account: 'acc_',
  key: 'key_',
  subscription: 'sub_',
  proxy: 'prx_',
  /** `proxies` without its last letter. */
  proxie: 'prx_',
  batch: 'rdb_',
  alertRule: 'alr_',
  rule: 'alr_',
  alertChannel: 'alc_',
  channel: 'alc_',
  fallbackChannel: 'alc_',
  alertSilence: 'als_',
  alertEvent: 'ale_',
};

/** `accounts.get` takes an account's id as `id`, and a group's as `groupId` or in `groupIds`. */
export function chooseKnown(path: string, values: readonly string[]): Known {
  const own = PREFIXES[(path.split('.')[0] ?? '').replace(/s$/u, '')];
  return (field) => {
    const prefix = field === 'id' || field === 'ids' ? own : PREFIXES[field.replace(/Ids?$/u, '')];
    const fitting = prefix === undefined ? [] : values.filter((value) => value.startsWith(prefix));
    return fitting.length > 0 ? fitting : values;
  };
}

/** Inputs that the schema takes, as far as `known` and common values go. */
export function generateValidInput(schema: z.ZodType | null, known: Known): Arbitrary<unknown> {
  if (schema === null) return fc.constant(undefined);
  return generate(schema, known, 0, '');
}

function generate(schema: z.ZodType, known: Known, wrongShare: number, field: string): Arbitrary<unknown> {
  const right = generateRight(schema, known, wrongShare, field);
  if (wrongShare === 0) return right;
  const weight = Math.round(1 / wrongShare);
  return fc.oneof({ weight, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

function generateRight(
  schema: z.ZodType,
  known: Known,
  wrongShare: number,
  field: string,
): Arbitrary<unknown> {
  const definition = schema.def as unknown as Definition;
  const of = (inner: z.ZodType | undefined, name = field): Arbitrary<unknown> =>
    inner === undefined ? wrong : generate(inner, known, wrongShare, name);
  switch (definition.type) {
    case 'object':
      return generateObject(definition.shape ?? {}, of, wrongShare);
    case 'array':
      return fc.array(of(definition.element), { maxLength: 3 });
    case 'record':
      return fc.dictionary(generateText(known(''), wrongShare), of(definition.valueType), { maxKeys: 3 });
    case 'optional':
    case 'default':
    case 'prefault':
      return fc.oneof(fc.constant(undefined), of(definition.innerType));
    case 'nullable':
      return fc.oneof(fc.constant(null), of(definition.innerType));
    case 'pipe':
      return of(definition.in);
    case 'union':
      return fc.oneof(...(definition.options ?? []).map((one) => of(one)));
    case 'enum':
      return fc.constantFrom(...Object.values(definition.entries ?? { a: 'a' }));
    case 'literal':
      return fc.constantFrom(...(definition.values ?? [null]));
    case 'boolean':
      return fc.boolean();
    default:
      return generateFitting(schema, known(field));
  }
}

function generateObject(
  shape: Record<string, z.ZodType>,
  of: (inner: z.ZodType, name: string) => Arbitrary<unknown>,
  wrongShare: number,
): Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(shape).map(([name, inner]) => [name, of(inner, name)]));
  const record = fc.record(fields);
  if (wrongShare === 0) return record;
  const partial = fc.record(fields, { requiredKeys: [] });
  const more = fc
    .tuple(record, wrong)
    .map(([given, extra]) => Object.assign({}, given, { unknownField: extra }));
  return fc.oneof(
    { weight: 8, arbitrary: record },
    { weight: 1, arbitrary: partial },
    { weight: 1, arbitrary: more },
  );
}

function generateText(known: readonly unknown[], wrongShare: number): Arbitrary<string> {
  const texts = known.filter((value) => typeof value === 'string');
  const fair = fc.constantFrom('a', 'b*', 'x-header', ...texts);
  return wrongShare === 0
    ? fair
    : fc.oneof(fair, fc.constantFrom('\u0000', '\uD800', '__proto__', '', 'constructor'));
}

/** Ids among the known values go first: of an id field any text of its form would pass. */
function generateFitting(schema: z.ZodType, known: readonly unknown[]): Arbitrary<unknown> {
  const fits = (value: unknown): boolean => schema.safeParse(value).success;
  const fitting = known.filter(fits);
  const tried = TRIED.filter(fits);
  const pool = [...fitting, ...fitting, ...tried];
  return pool.length === 0 ? wrong : fc.constantFrom(...pool);
}
