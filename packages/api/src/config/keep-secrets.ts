import { ProblemError, type Problem } from '../problems/problem.ts';
import { listPlaced } from './config-graph.ts';
import { describeReference, listSecretReferences, type SecretPlace } from './secret-references.ts';

/** A secret that the file leaves as it is. */
export type KeptSecret = Pick<SecretPlace, 'section' | 'index' | 'path' | 'reference'>;

/** Takes the references out of the unparsed file. Throws a ProblemError with all that `readKeptSecrets` tells. */
export function takeKeptSecrets(raw: object): KeptSecret[] {
  const { kept, problems } = readKeptSecrets(raw);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  return kept;
}

/**
 * Takes the references out of the unparsed file: what the optional ones led to was not there where the file was read,
 * so their objects keep what they have. All others are problems: only the reader of a file can follow them.
 */
export function readKeptSecrets(raw: object): { kept: KeptSecret[]; problems: Problem[] } {
  const { places, problems } = listSecretReferences(raw);
  const kept = places.filter(({ reference }) => reference.optional);
  const unresolved = places
    .filter(({ reference }) => !reference.optional)
    .map(({ path }) => ({ path, message: 'is a reference: `tollgate apply` resolves it before it sends' }));
  for (const { holder, field, section, index } of places) {
    delete holder[field];
    if (section === 'accounts') dropEmptyCredentials(raw, index);
  }
  return { kept, problems: [...problems, ...unresolved, ...findHalves(raw, kept)] };
}

/** Without what says again that something is not there, or no text, of which `told` speaks already. */
export function dropTold(problems: readonly Problem[], told: readonly Problem[]): Problem[] {
  const isTold = ({ path }: Problem) =>
    told.some((one) => one.path === path || one.path.startsWith(`${path}.`));
  return problems.filter((problem) => !isTold(problem));
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
