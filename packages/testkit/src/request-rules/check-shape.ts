import { z } from 'zod';
import type { Complaint } from './complaint.ts';

export type Checked<Body> = { ok: true; body: Body } | { ok: false; complaint: Complaint };

/** Holds a body against a schema; of several complaints the deepest is told, as it says most. */
export function checkShape<Body>(schema: z.ZodType<Body>, json: unknown): Checked<Body> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, body: parsed.data };
  return { ok: false, complaint: describeIssue(parsed.error.issues, []) };
}

function describeIssue(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): Complaint {
  const complaints = issues.map((issue) => describeOne(issue, above));
  const [first, ...others] = complaints;
  return others.reduce((best, next) => (next.path.length > best.path.length ? next : best), first ?? NOTHING);
}

const NOTHING: Complaint = { path: [], message: 'Invalid', unknownField: null };

/** Of a value that could have been several things, each has complaints of its own. */
function describeOne(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Complaint {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return { path, message: issue.message, unknownField: issue.keys[0] ?? null };
  }
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return { path, message: issue.message, unknownField: null };
  }
  return describeIssue(issue.errors.flat(), path);
}
