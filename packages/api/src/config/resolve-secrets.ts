import { ProblemError, type Problem } from '../problems/problem.ts';
import { parseYaml } from './parse-yaml.ts';
import { describeReference, listSecretReferences, type SecretReference } from './secret-references.ts';

export { formatProblems, type Problem } from '../problems/problem.ts';

/** How references are followed. Each gives the secret, or why there is none. */
export interface SecretReaders {
  readEnv(name: string): SecretReading;
  readFile(path: string): SecretReading;
}

export type SecretReading = { secret: string } | { missing: string };

/**
 * The file with secrets in place of references, for whoever reads it where the secrets are: the command, never the
 * server. A reference that is optional and leads to nothing stays: it says "as it is". Text without references comes
 * back as it was. Throws a ProblemError that names the path of every reference that leads to nothing.
 */
export function resolveSecrets(yamlText: string, readers: SecretReaders): string {
  const { text, problems } = inspectSecrets(yamlText, readers);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  return text;
}

/** The same for who wants to know of everything that is wrong: what leads to nothing stays in the text, and is told. */
export function inspectSecrets(
  yamlText: string,
  readers: SecretReaders,
): { text: string; problems: Problem[] } {
  const yaml = parseYaml(yamlText);
  // What is no file at all is for whoever applies it to say.
  if ('problems' in yaml || typeof yaml.value !== 'object' || yaml.value === null)
    return { text: yamlText, problems: [] };
  const { places, problems } = listSecretReferences(yaml.value);
  const missing: Problem[] = [];
  for (const { path, holder, field, reference } of places) {
    const reading = readReference(reference, readers);
    if ('secret' in reading) holder[field] = reading.secret;
    else if (!reference.optional) {
      missing.push({ path, message: `${describeReference(reference)} ${reading.missing}` });
    }
  }
  const text = places.length === 0 ? yamlText : JSON.stringify(yaml.value, keepOddNumbers);
  return { text, problems: [...problems, ...missing] };
}

function readReference(reference: SecretReference, readers: SecretReaders): SecretReading {
  return 'env' in reference ? readers.readEnv(reference.env) : readers.readFile(reference.file);
}

/** JSON has no `.inf`: as null it would say something, as text it stays wrong. */
function keepOddNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
