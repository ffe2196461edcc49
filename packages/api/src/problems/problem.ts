import type { z } from 'zod';

/** One thing that is wrong with what was sent, and where. */
export interface Problem {
  /** `accounts[0].base_url`; '' = the whole input. */
  path: string;
  message: string;
}

/** Bad input that zod cannot see (a name that is taken, a reference to nothing). The edge gives it a status. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly kind: 'invalid' | 'conflict' | 'not-found';
  readonly problems: readonly Problem[];

  constructor(kind: 'invalid' | 'conflict' | 'not-found', problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.kind = kind;
    this.problems = problems;
  }
}

export function buildProblem(
  kind: 'invalid' | 'conflict' | 'not-found',
  path: string,
  message: string,
): ProblemError {
  return new ProblemError(kind, [{ path, message }]);
}

/** One line a problem: `accounts[0].pritority: unknown field`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n');
}

/** zod's issues in our words; an unknown field is named by its own path. Values never appear. */
export function mapIssues(issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[] = []): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: 'unknown field' }));
    }
    // Of a union told apart by a field, zod says nothing of the forms when that field fits none of them.
    if (issue.code === 'invalid_union' && issue.errors.length > 0)
      return mapIssues(selectNearest(issue.errors), path);
    return [{ path: formatPath(path), message: mapMessage(issue) }];
  });
}

/** Of several forms that an input may have, the one that it misses by least is the one that was meant. */
function selectNearest(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  return branches.reduce((nearest, branch) => (branch.length < nearest.length ? branch : nearest));
}

function mapMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') return 'is none of the forms that are allowed';
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.message.endsWith('received undefined')) return `required (${issue.expected})`;
  return issue.message.replace(/^Invalid input: /, '');
}

/** `['accounts', 0, 'name']` → `accounts[0].name`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
