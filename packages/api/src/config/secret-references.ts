import { z } from 'zod';
import { mapIssues, type Problem } from '../problems/problem.ts';
import { listPlaced } from './config-graph.ts';

/** Where a file may say where a secret is instead of what it is: section → fields of its entries. */
export const SECRET_FIELDS = {
  proxies: ['url'],
  accounts: ['credentials.api_key', 'credentials.access_token', 'credentials.refresh_token', 'proxy'],
  keys: ['key'],
  alert_channels: ['url', 'secret'],
} as const;

const optionalField = z
  .boolean()
  .optional()
  .describe('true: when it is not there, an object that exists keeps what it has; a new one needs it.');

/** Whoever reads the file puts the secret in its place; it is never sent as a reference. */
export const secretReferenceSchema = z.union([
  z
    .strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of an environment variable')
        .describe('Name of an environment variable; an empty one counts as not set.'),
      optional: optionalField,
    })
    .describe('The secret is in an environment variable.'),
  z
    .strictObject({
      file: z
        .string()
        .min(1)
        .max(4096)
        .describe('Path, relative to this file. One line end at its end goes.'),
      optional: optionalField,
    })
    .describe('The secret is a file.'),
]);

export type SecretReference = z.infer<typeof secretReferenceSchema>;

/** A reference in the unparsed file, and where to put what it leads to. */
export interface SecretPlace {
  section: keyof typeof SECRET_FIELDS;
  index: number;
  /** `accounts[0].credentials.api_key` */
  path: string;
  holder: Record<string, unknown>;
  field: string;
  reference: SecretReference;
}

/** All references of a file, and what is wrong with those that are none. `raw` is the unparsed file. */
export function listSecretReferences(raw: object): { places: SecretPlace[]; problems: Problem[] } {
  const places: SecretPlace[] = [];
  const problems: Problem[] = [];
  for (const section of Object.keys(SECRET_FIELDS) as (keyof typeof SECRET_FIELDS)[]) {
    for (const { index, entry } of listPlaced(raw, section)) {
      for (const name of SECRET_FIELDS[section]) {
        const found = findHolder(entry, name);
        if (!found) continue;
        const path = `${section}[${index}].${name}`;
        const parsed = secretReferenceSchema.safeParse(found.value);
        if (parsed.success) places.push({ section, index, path, ...found, reference: parsed.data });
        else problems.push(...mapIssues(parsed.error.issues).map((issue) => place(path, issue)));
      }
    }
  }
  return { places, problems };
}

/** For messages: `environment variable NAME`, `file PATH`. */
export function describeReference(reference: SecretReference): string {
  return 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`;
}

/** The object that has the field, when an object stands where a text could. */
function findHolder(entry: Record<string, unknown>, name: string) {
  const [first = '', second] = name.split('.');
  const holder = second === undefined ? entry : entry[first];
  if (!isObject(holder)) return null;
  const field = second ?? first;
  const value = holder[field];
  return isObject(value) ? { holder, field, value } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function place(path: string, problem: Problem): Problem {
  return { path: problem.path === '' ? path : `${path}.${problem.path}`, message: problem.message };
}
