import type { RouterOutputs } from '@tollgate/api';

export type PlanEntry = RouterOutputs['config']['applyFile']['plan'][number];

const MARKS = { create: '+', update: '~', delete: '-', unchanged: ' ' } as const;

/** The plan for people: a line an object, a line a field, and the figures. No secret is in it. */
export function renderPlan(plan: readonly PlanEntry[], dryRun: boolean): string {
  const figures = [
    `${countOf(plan, 'create')} to create`,
    `${countOf(plan, 'update')} to update`,
    ...(countOf(plan, 'delete') > 0 ? [`${countOf(plan, 'delete')} to delete`] : []),
    `${countOf(plan, 'unchanged')} unchanged`,
  ].join(', ');
  const closing = dryRun ? `Dry run: ${figures}. Nothing was changed.` : `Applied: ${figures}.`;
  return [...plan.flatMap(renderEntry), closing].join('\n');
}

export function hasChanges(plan: readonly PlanEntry[]): boolean {
  return countOf(plan, 'unchanged') < plan.length;
}

function countOf(plan: readonly PlanEntry[], action: PlanEntry['action']): number {
  return plan.filter((entry) => entry.action === action).length;
}

function renderEntry({ object, name, action, changes, ignored }: PlanEntry): string[] {
  return [
    `${MARKS[action]} ${object} ${name} (${action})`,
    ...Object.entries(changes).map(
      ([field, { from, to }]) => `    ${field}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`,
    ),
    ...ignored.map((field) => `    ignored: ${field} (only used when the ${object} is created)`),
  ];
}
