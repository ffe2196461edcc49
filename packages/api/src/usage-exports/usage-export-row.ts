/** One row of a provider's usage export in our words: a request, or the sum of a period. null = it does not say. */
export interface UsageExportRow {
  /** First moment, ISO 8601 in UTC. */
  from: string;
  /** First moment after it. */
  to: string;
  /** null = all models together. */
  model: string | null;
  /** The provider's id of the request; null = a sum. */
  requestId: string | null;
  requests: number | null;
  /** At full price: without what came from a cache or went into one. */
  inputTokens: number | null;
  cacheReadTokens: number | null;
  cacheWrite5mTokens: number | null;
  cacheWrite1hTokens: number | null;
  outputTokens: number | null;
  webSearchRequests: number | null;
  /** USD, a decimal with at most 12 decimals. */
  costUsd: string | null;
}

export type ExportProvider = 'anthropic' | 'openai';

export const COUNT_FIELDS = [
  'requests',
  'inputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'webSearchRequests',
] as const;
export type CountField = (typeof COUNT_FIELDS)[number];

export const NOTHING_SAID: Omit<UsageExportRow, 'from' | 'to'> = {
  model: null,
  requestId: null,
  requests: null,
  inputTokens: null,
  cacheReadTokens: null,
  cacheWrite5mTokens: null,
  cacheWrite1hTokens: null,
  outputTokens: null,
  webSearchRequests: null,
  costUsd: null,
};

/** What is wrong with an export, and where. The text is for whoever gave the file. */
export class UsageExportError extends Error {
  override readonly name = 'UsageExportError';
}
