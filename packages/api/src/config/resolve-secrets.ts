import { ProblemError, type Problem } from '../problems/problem.ts';
import { parseYaml } from './parse-yaml.ts';
import { describeReference, listSecretReferences, type SecretReference } from './secret-references.ts';

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
  const yaml = parseYaml(yamlText);
  // What is no file at all is for whoever applies it to say.
  if ('problems' in yaml || typeof yaml.value !== 'object' || yaml.value === null) return yamlText;
  const { places, problems } = listSecretReferences(yaml.value);
  const missing: Problem[] = [];
  for (const { path, holder, field, reference } of places) {
    const reading = readReference(reference, readers);
    if ('secret' in reading) holder[field] = reading.secret;
    else if (!reference.optional) {
      missing.push({ path, message: `${describeReference(reference)} ${reading.missing}` });
    }
  }
  const all = [...problems, ...missing];
  if (all.length > 0) throw new ProblemError('invalid', all);
  return places.length === 0 ? yamlText : JSON.stringify(yaml.value, keepOddNumbers);
}

function readReference(reference: SecretReference, readers: SecretReaders): SecretReading {
  return 'env' in reference ? readers.readEnv(reference.env) : readers.readFile(reference.file);
}

/** JSON has no `.inf`: as null it would say something, as text it stays wrong. */
function keepOddNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
