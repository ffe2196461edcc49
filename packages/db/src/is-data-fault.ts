/** Data exceptions, violated constraints, and texts beyond a limit of Postgres: classes 22, 23 and 54. */
export function isDataFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(22|23|54)/.test(String(error.code));
}
