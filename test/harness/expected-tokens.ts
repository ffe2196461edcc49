import type { Recording } from '@tollgate/testkit';

const ALWAYS = {
  output_tokens: 'output_total',
  reasoning_tokens: 'reasoning',
  cache_read_tokens: 'cache_read',
  input_tokens: 'input_uncached',
} as const;

/** The columns of a usage row that a recording tells, without those that it calls ambiguous. */
export function buildExpectedTokens({ expected_usage: usage }: Recording): Record<string, number> {
  if (!usage || usage.ambiguous?.length) return {};
  const told = Object.entries(ALWAYS).map(([column, field]) => [column, usage[field]] as const);
  return Object.fromEntries(told);
}
