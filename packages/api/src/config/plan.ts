import { z } from 'zod';
import type { Change } from '../change/run-change.ts';
import type { Problem } from '../problems/problem.ts';
import { toSnakeCase } from './to-snake-case.ts';

export const planEntrySchema = z.strictObject({
  object: z.enum([
    'setting',
    'proxy',
    'group',
    'account',
    'user',
    'subscription',
    'key',
    'rpm_override',
    'alert_channel',
    'alert_rule',
  ]),
  /** Name or e-mail; a key is `<e-mail>/<name>`, an override or a subscription `<e-mail>/<group>`. */
  name: z.string(),
  action: z.enum(['create', 'update', 'delete', 'unchanged']),
  /** For updates: fields of the file. Secrets show as "(secret)". */
  changes: z.record(z.string(), z.strictObject({ from: z.unknown(), to: z.unknown() })),
  /** Fields of the file that have no effect on an object that exists, e.g. `balance`. */
  ignored: z.array(z.string()),
});

export type PlanEntry = z.infer<typeof planEntrySchema>;

/** Ids by name; steps add what they create, so that later steps can refer to it. */
export interface References {
  proxies: Map<string, string>;
  groups: Map<string, string>;
  accounts: Map<string, string>;
  users: Map<string, string>;
}

export interface PlanStep {
  entry: PlanEntry;
  /** false = a part of other steps, which nobody needs to see. */
  isShown?: boolean;
  /** null = nothing to do. */
  apply: ((change: Change, references: References) => Promise<void>) | null;
  /** What refers to objects of later sections: done when all steps have been applied. */
  link?: (change: Change, references: References) => Promise<void>;
}

export interface SectionPlan {
  steps: PlanStep[];
  problems: Problem[];
}

const SECRET_FIELDS = new Set(['credentials', 'key', 'proxy', 'url', 'secret']);
const SHOWN_SECRET = '(secret)';

export function buildCreateStep(
  object: PlanEntry['object'],
  name: string,
  apply: NonNullable<PlanStep['apply']>,
): PlanStep {
  return { entry: { object, name, action: 'create', changes: {}, ignored: [] }, apply };
}

/** What the file does not name (`--prune`). */
export function buildDeleteStep(
  object: PlanEntry['object'],
  name: string,
  apply: (change: Change) => Promise<unknown>,
): PlanStep {
  return {
    entry: { object, name, action: 'delete', changes: {}, ignored: [] },
    apply: async (change) => void (await apply(change)),
  };
}

/** `current` and `changes` have the API's field names; the plan shows the file's. */
export function buildUpdateStep(
  object: PlanEntry['object'],
  name: string,
  current: object,
  changes: object,
  apply: NonNullable<PlanStep['apply']>,
  ignored: string[] = [],
): PlanStep {
  const before = new Map(Object.entries(current));
  const shown = Object.entries(changes).map(([field, to]) => {
    const isSecret = SECRET_FIELDS.has(field);
    const change = isSecret ? { from: SHOWN_SECRET, to: SHOWN_SECRET } : { from: before.get(field), to };
    return [toSnakeCase(field), change] as const;
  });
  const isUnchanged = shown.length === 0;
  return {
    entry: {
      object,
      name,
      action: isUnchanged ? 'unchanged' : 'update',
      changes: Object.fromEntries(shown),
      ignored,
    },
    apply: isUnchanged ? null : apply,
  };
}
