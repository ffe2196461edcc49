export interface OverdraftPlan {
  nodes: number;
  /** At once, of one user. */
  requests: number;
  /** What the purse has. */
  limit: string;
  maxTokens: number;
  /** How long the upstream thinks, so that holds are there at once. */
  latencyMs: number;
}

/** Who is to be overdrawn, and by what. */
export interface OverdraftCase {
  /** Names its user and key. */
  name: string;
  purse: 'balance' | 'subscription' | 'key';
  /** `hold`: each request costs all that it holds. `little`: far less, and all of them fit. */
  costs: 'hold' | 'little';
}

export const OVERDRAFT_CASES: readonly OverdraftCase[] = (
  ['balance', 'subscription', 'key'] as const
).flatMap((purse) =>
  (['hold', 'little'] as const).map((costs) => ({ name: `${purse}-${costs}`, purse, costs })),
);

/** Of a user with money enough, by whose requests the hold is found out. */
export const GAUGE = 'gauge';
export const buildEmail = (name: string): string => `${name}@example.com`;
export const buildApiKey = (name: string): string => `sk-overdraft-${name.padEnd(20, '0')}`;
