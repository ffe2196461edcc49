import type { Problem } from '@tollgate/api/config-secrets';

/**
 * What is wrong with a file whose secrets are not all here, and with all the rest of it, a line each: so that nobody
 * mends one after the other. `rehearse` sends the file for a plan, which is refused for what is missing; an answer of
 * another kind (nobody is there) says nothing of the file.
 */
export async function findAllProblems(
  missing: readonly Problem[],
  rehearse: () => Promise<unknown>,
): Promise<string> {
  const others = await rehearse().then(() => [], listProblems);
  const isTold = ({ path }: Problem) => missing.some((one) => one.path === path);
  const { formatProblems } = await import('@tollgate/api/config-secrets');
  return formatProblems([...missing, ...others.filter((problem) => !isTold(problem))]);
}

/** Of the server's answer; nothing, when it has none. */
function listProblems(fault: unknown): Problem[] {
  const { data } = fault as { data?: { httpStatus?: unknown; problems?: unknown } | null };
  return data?.httpStatus === 400 && Array.isArray(data.problems) ? (data.problems as Problem[]) : [];
}
