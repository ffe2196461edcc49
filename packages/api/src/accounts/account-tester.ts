import type { AccountCredentials, AccountKind, Platform } from '@tollgate/core';
import { z } from 'zod';

/** In the order in which they come; `proxy` and `tls` only where there are such. */
export const ACCOUNT_TEST_STEPS = [
  'resolve',
  'guard',
  'connect',
  'proxy',
  'tls',
  'request',
  'status',
  'first-token',
  'usage',
] as const;

export const accountTestStepSchema = z.strictObject({
  step: z.enum(ACCOUNT_TEST_STEPS),
  /** A failed step is the last one. */
  outcome: z.enum(['ok', 'failed']),
  /** How long this step took. */
  ms: z.number(),
  /** For an operator to read; no credentials. Empty = nothing to say. */
  detail: z.string(),
});

export type AccountTestStep = z.infer<typeof accountTestStepSchema>;

/** What is asked of an account: opened, as the gateway would send it. */
export interface AccountTestTarget {
  platform: Platform;
  kind: AccountKind;
  baseUrl: string;
  credentials: AccountCredentials;
  /** With its credentials; null = direct. */
  proxyUrl: string | null;
  pinnedHeaders: Readonly<Record<string, string>>;
  /** The upstream's name. */
  model: string;
  /** Of OpenAI's two; null = the one that fits the account. */
  openAiProtocol: 'chat' | 'responses' | null;
}

/** Sends one small real request and tells each step as it ends. Ends early with `signal`. Never rejects for the upstream. */
export type AccountTester = (
  target: AccountTestTarget,
  signal: AbortSignal,
) => AsyncIterable<AccountTestStep>;
