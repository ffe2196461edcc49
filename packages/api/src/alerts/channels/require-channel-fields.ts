import type { AlertChannelKind } from '@tollgate/core';
import { ProblemError, type Problem } from '../../problems/problem.ts';
import type { ChannelPatch } from './channel-schemas.ts';

type Given = Pick<ChannelPatch, 'recipients' | 'url' | 'secret'>;

/** Throws a problem for each field that a channel of the kind cannot have, or, of a new one, must have and has not. */
export function requireChannelFields(
  kind: AlertChannelKind,
  given: Given,
  { isNew }: { isNew: boolean },
): void {
  const problems = findChannelProblems(kind, given, isNew);
  if (problems.length > 0) throw new ProblemError('invalid', problems);
}

export function findChannelProblems(
  kind: AlertChannelKind,
  { recipients, url, secret }: Given,
  isNew: boolean,
): Problem[] {
  const isMail = kind === 'email';
  const problems = [
    isMail ? null : refuse('recipients', recipients, kind),
    isMail ? refuse('url', url, kind) : null,
    isMail || kind === 'slack' ? refuse('secret', secret ?? undefined, kind) : null,
    isNew && isMail ? want('recipients', recipients, kind) : null,
    isNew && !isMail ? want('url', url, kind) : null,
    // Whoever can guess the URL could send messages in our name.
    kind === 'webhook' && (isNew || secret === null) ? want('secret', secret ?? undefined, kind) : null,
  ];
  return problems.filter((problem) => problem !== null);
}

function refuse(path: string, value: unknown, kind: AlertChannelKind): Problem | null {
  return value === undefined ? null : { path, message: `a channel of kind ${kind} has none` };
}

function want(path: string, value: unknown, kind: AlertChannelKind): Problem | null {
  return value === undefined ? { path, message: `a channel of kind ${kind} needs it` } : null;
}
