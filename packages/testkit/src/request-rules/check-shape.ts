import type { z } from 'zod';
import type { Complaint } from './complaint.ts';

export type Checked<Body> = { ok: true; body: Body } | { ok: false; complaint: Complaint };

/** Holds a body against a schema; of several complaints the deepest is told, as it says most. */
export function checkShape<Body>(schema: z.ZodType<Body>, json: unknown): Checked<Body> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, body: parsed.data };
  const { rank: _, ...complaint } = describeIssue(parsed.error.issues, []);
  return { ok: false, complaint };
}

const NOTHING: Ranked = { path: [], message: 'Invalid', unknownField: null, rank: -1 };

/** A higher rank says more: deeper in the body, and more than that the type is another. */
interface Ranked extends Complaint {
  rank: number;
}

function describeIssue(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): Ranked {
  const ranked = issues.map((issue) => describeOne(issue, above));
  return ranked.reduce((best, next) => (next.rank > best.rank ? next : best), NOTHING);
}

/** Of a value that could have been several things, each has complaints of its own. */
function describeOne(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Ranked {
  const path = [...above, ...issue.path];
  const { message } = issue;
  if (issue.code === 'unrecognized_keys') {
    return { path, message, unknownField: issue.keys[0] ?? null, rank: 2 * path.length + 2 };
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return describeIssue(issue.errors.flat(), path);
  const isTelling = issue.code !== 'invalid_type' && path.at(-1) !== 'type';
  return { path, message, unknownField: null, rank: 2 * path.length + (isTelling ? 1 : 0) };
}
