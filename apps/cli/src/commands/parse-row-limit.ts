import { InvalidArgumentError } from 'commander';

/** `--limit`: a whole number from 1 on. */
export function parseRowLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new InvalidArgumentError('expected a whole number from 1 on');
  return limit;
}
