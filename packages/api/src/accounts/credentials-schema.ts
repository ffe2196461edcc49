import type { AccountKind } from '@tollgate/core';
import { z } from 'zod';
import { instantField } from '../fields/text-fields.ts';
import type { Problem } from '../problems/problem.ts';

/** Goes into a header, so: no spaces, no line ends, nothing outside ASCII. The text is never echoed. */
const secretField = z
  .string()
  .min(1, 'must not be empty')
  .max(8192)
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces');

/** The last moment that a date can say. */
const EXPIRES_AT_MS_MAX = 8_640_000_000_000_000;

/** Which fields are needed depends on the account's kind: see {@link checkCredentials}. */
export const credentialsSchema = z.strictObject({
  /** For kind api-key. */
  api_key: secretField.optional(),
  /** For kinds oauth and setup-token. */
  access_token: secretField.optional(),
  /** For kind oauth. */
  refresh_token: secretField.optional(),
  /** For kind oauth: when the access token ends, RFC 3339 or ms since 1970 UTC. Absent = refreshed on demand only; of tokens that are there already, as it was. */
  expires_at: z.union([instantField, z.int().min(0).max(EXPIRES_AT_MS_MAX)]).optional(),
});

export type Credentials = z.infer<typeof credentialsSchema>;

const FIELDS: Record<AccountKind, { required: keyof Credentials; allowed: (keyof Credentials)[] }> = {
  'api-key': { required: 'api_key', allowed: ['api_key'] },
  oauth: { required: 'access_token', allowed: ['access_token', 'refresh_token', 'expires_at'] },
  'setup-token': { required: 'access_token', allowed: ['access_token'] },
};

/** The secrets that an account of the kind may have; the one that it needs comes first. */
export function credentialFieldsOf(kind: AccountKind): readonly string[] {
  return FIELDS[kind].allowed.filter((field) => field !== 'expires_at');
}

/** Fields that the kind needs and has not, or has and does not use. Paths are relative to the credentials. */
export function checkCredentials(kind: AccountKind, credentials: Credentials): Problem[] {
  const { required, allowed } = FIELDS[kind];
  const given = (Object.keys(credentials) as (keyof Credentials)[]).filter(
    (name) => credentials[name] !== undefined,
  );
  const missing = given.includes(required)
    ? []
    : [{ path: required, message: `required for an account of kind ${kind}` }];
  const extra = given
    .filter((name) => !allowed.includes(name))
    .map((name) => ({ path: name, message: `not used by an account of kind ${kind}` }));
  return [...missing, ...extra];
}
