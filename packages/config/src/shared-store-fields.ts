import { z } from 'zod';

/**
 * How the state store is reached and counts: variables of the gateways and the control plane. All but the time limit
 * must be given alike, or one would look for what the other has written elsewhere.
 */
export const sharedStoreFields = {
  TOLLGATE_REDIS_CLUSTER: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('REDIS_URL names nodes of a Redis Cluster, comma separated.'),
  TOLLGATE_RPM_WINDOW: z
    .enum(['fixed', 'sliding'])
    .default('fixed')
    .describe('Windows of the limits a minute: the clock minute of the store, or the last 60 s.'),
  TOLLGATE_REDIS_PREFIX: z
    .string()
    .max(64)
    .default('tollgate:')
    .describe('In front of every Redis key and channel; installations that share a Redis need their own.'),
  TOLLGATE_REDIS_TIMEOUT_MS: z.coerce
    .number({ error: 'expected a whole number' })
    .int()
    .min(10)
    .max(60_000)
    .default(250)
    .describe('No call waits longer for Redis; one that is slower counts as away.'),
};
