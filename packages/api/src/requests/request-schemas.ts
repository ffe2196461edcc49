import { CHOICE_KINDS } from '@tollgate/core';
import { z } from 'zod';

/** One request. Names where they exist still, ids where they do not. */
export const requestSchema = z.strictObject({
  requestId: z.string(),
  /** When its first byte came: ISO 8601, UTC, milliseconds. */
  at: z.string(),
  nodeId: z.string(),
  user: z.string(),
  key: z.string(),
  /** The group that served it in the end. */
  group: z.string(),
  /** e.g. `messages`, `count-tokens` */
  endpoint: z.string(),
  protocol: z.string(),
  /** As the client asked for it; null = the body was refused before. */
  model: z.string().nullable(),
  stream: z.boolean().nullable(),
  /** What the client got; 499 = it left. */
  status: z.number(),
  errorCode: z.string().nullable(),
  durationMs: z.number(),
  attempts: z.number(),
});

const roundSchema = z.object({
  groupId: z.string(),
  /** Accounts that might have served, in the pool's order; the first 50. */
  candidates: z.array(z.string()),
  candidateCount: z.number(),
  /** Those that might not, and why; the first 50. */
  excluded: z.array(z.object({ accountId: z.string(), reason: z.string() })),
  excludedCount: z.number(),
  /** null = none was found. */
  accountId: z.string().nullable(),
  /** The session's own account, the best by priority and load, one that had to be waited for, or in turn. */
  by: z.enum(CHOICE_KINDS).nullable(),
  waitedMs: z.number(),
  isProbe: z.boolean(),
  attemptId: z.string().nullable(),
  status: z.number().nullable(),
  error: z.string().nullable(),
});

/** OPS-9. Times in ms from the request's first byte. */
export const decisionSchema = z.object({
  admittedAfterMs: z.number().nullable(),
  firstContentAfterMs: z.number().nullable(),
  admissionWaitedMs: z.number(),
  isRouted: z.boolean(),
  isWarmUp: z.boolean(),
  /** One look for an account each; a failover adds another. */
  rounds: z.array(roundSchema),
});
