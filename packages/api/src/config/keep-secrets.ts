import { ProblemError, type Problem } from '../problems/problem.ts';
import { listPlaced } from './config-graph.ts';
import { describeReference, listSecretReferences, type SecretPlace } from './secret-references.ts';

/** A secret that the file leaves as it is. */
export type KeptSecret = Pick<SecretPlace, 'section' | 'index' | 'path' | 'reference'>;

/**
 * Takes the optional references out of the unparsed file: what they led to was not there where the file was read, so
 * their objects keep what they have. Throws a ProblemError for all others: only the reader of a file can follow them.
 */
export function takeKeptSecrets(raw: object): KeptSecret[] {
  const { places, problems } = listSecretReferences(raw);
  const unresolved = places
    .filter(({ reference }) => !reference.optional)
    .map(({ path }) => ({ path, message: 'is a reference: `tollgate apply` resolves it before it sends' }));
  for (const { holder, field, section, index } of places) {
    delete holder[field];
    if (section === 'accounts') dropEmptyCredentials(raw, index);
  }
  const halves = findHalves(raw, places);
  const all = [...problems, ...unresolved, ...halves];
  if (all.length > 0) throw new ProblemError('invalid', all);
  return places;
}

const OBJECTS = {
  proxies: 'proxy',
  accounts: 'account',
  keys: 'key',
  alert_channels: 'alert channel',
} as const;

/** What a kept secret means for an object that is not there yet. */
export function describeMissing({ path, reference, section }: KeptSecret): Problem {
  const object = OBJECTS[section];
  return { path, message: `${describeReference(reference)} is not there, and a new ${object} needs it` };
}

function dropEmptyCredentials(raw: object, index: number): void {
  const account = findAccount(raw, index);
  const credentials: unknown = account?.['credentials'];
  const isEmpty = typeof credentials === 'object' && credentials !== null && isBare(credentials);
  if (account && isEmpty) delete account['credentials'];
}

/** No secret is left. The end of a token without the token says nothing. */
function isBare(value: object): boolean {
  return Object.keys(value).every((field) => field === 'expires_at');
}

/** Credentials are sealed as one: half of them cannot be kept. */
function findHalves(raw: object, places: readonly SecretPlace[]): Problem[] {
  return places
    .filter(({ path, index }) => path.includes('.credentials.') && findAccount(raw, index)?.['credentials'])
    .map(({ path, reference }) => {
      const message = `${describeReference(reference)} is not there, but other credentials are given`;
      return { path, message };
    });
}

function findAccount(raw: object, place: number): Record<string, unknown> | undefined {
  return listPlaced(raw, 'accounts').find(({ index }) => index === place)?.entry;
}
