import { INSTANTS } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';

const DAY_MS = 86_400_000;
/** A hundred years: beyond it, somebody slipped. */
const TERM_MS_MAX = 36_525 * DAY_MS;

/** How long, as it was asked for: one of the two is there. */
export interface Term {
  days?: number | undefined;
  expiresAt?: string | undefined;
}

/** Where a term ends that begins at `from`. Throws a problem when it does not end after it. */
export function selectEnd({ days, expiresAt }: Term, from: Date): Date {
  const end = expiresAt === undefined ? new Date(from.getTime() + (days ?? 0) * DAY_MS) : new Date(expiresAt);
  if (end.getTime() <= from.getTime()) {
    throw buildProblem('invalid', 'expiresAt', `must be after ${from.toISOString()}`);
  }
  if (end.getTime() - from.getTime() > TERM_MS_MAX) {
    throw buildProblem('invalid', 'expiresAt', 'at most a hundred years from the start');
  }
  if (end.getTime() > INSTANTS.maxMs) throw buildProblem('invalid', 'days', 'at most until the year 9999');
  return end;
}

/** Where one that ends at `end` ends after it was extended: days count from its end, or from now if that is over. */
export function selectLaterEnd(term: Term, end: Date, now: Date): Date {
  return selectEnd(term, end.getTime() > now.getTime() ? end : now);
}
