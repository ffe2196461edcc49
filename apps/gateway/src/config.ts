import { join } from 'node:path';
import { sharedStoreFields } from '@tollgate/config';
import { createOutboundPolicy } from '@tollgate/outbound';
import { z } from 'zod';
import { buildAddressList } from '@tollgate/config';

/** A whole number in text, as environment variables and flags give it. */
const wholeNumber = (min: number, max: number) =>
  z.coerce.number({ error: 'expected a whole number' }).int().min(min).max(max);
/** `check` throws an Error that names the entry it does not like. */
const list = (check: (entries: string[]) => unknown) =>
  z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )
    .superRefine((entries, issues) => {
      try {
        check(entries);
      } catch (fault) {
        issues.addIssue({ code: 'custom', message: fault instanceof Error ? fault.message : 'not valid' });
      }
    });

/** The data plane's configuration: environment variables, which flags of the command override. */
export const gatewayConfigSchema = z.object({
  TOLLGATE_GATEWAY_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address the data plane listens on.'),
  TOLLGATE_GATEWAY_PORT: wholeNumber(0, 65_535)
    .default(8787)
    .describe('Port of the data plane; 0 = a free one.'),
  TOLLGATE_DATA_DIR: z
    .string()
    .min(1)
    .default('.tollgate')
    .describe('Folder of the usage journal, the secret key and the embedded database.'),
  DATABASE_URL: z
    .string()
    .optional()
    .describe('Postgres. Without it `up` runs an embedded one in the data folder.'),
  REDIS_URL: z
    .string()
    .optional()
    .describe('Redis or Valkey. Without it `up` keeps the state in its own process.'),
  TOLLGATE_REDIS_CLUSTER: sharedStoreFields.TOLLGATE_REDIS_CLUSTER,
  TOLLGATE_RPM_WINDOW: sharedStoreFields.TOLLGATE_RPM_WINDOW,
  TOLLGATE_REDIS_TIMEOUT_MS: sharedStoreFields.TOLLGATE_REDIS_TIMEOUT_MS,
  TOLLGATE_DEGRADED_LIMITS: z
    .enum(['open', 'local', 'closed'])
    .default('local')
    .describe(
      'Limits while Redis is away: `local` = the share of this node, `open` = requests and slots are not limited, `closed` = 503. Money and token quotas fail closed in each.',
    ),
  TOLLGATE_DEGRADED_GRACE_MS: wholeNumber(1_000, 3_600_000)
    .default(60_000)
    .describe(
      'While Redis is away: how old the figure of a balance or a window cost may be that still lets requests pass.',
    ),
  TOLLGATE_TOKEN_QUOTA_STATUS: z
    .enum(['400', '429'])
    .default('400')
    .transform(Number)
    .describe('HTTP status of a refusal by the token quota.'),
  TOLLGATE_REDIS_PREFIX: sharedStoreFields.TOLLGATE_REDIS_PREFIX,
  TOLLGATE_SECRET_KEY: z
    .string()
    .optional()
    .describe(
      '32 bytes (base64 or hex) that seal account credentials. Without it the file `secret.key` in the data folder is used, and made at first start.',
    ),
  TOLLGATE_OUTBOUND_ALLOW: list((allow) => createOutboundPolicy({ allow })).describe(
    'CIDR list of private addresses that upstreams may have, comma separated.',
  ),
  TOLLGATE_TRUSTED_PROXIES: list(buildAddressList).describe(
    'CIDR list of proxies whose X-Forwarded-For is believed, comma separated.',
  ),
  TOLLGATE_BODY_BYTES_MAX: wholeNumber(1_024, 1_073_741_824)
    .default(33_554_432)
    .describe('Largest request body in bytes; more is answered 413.'),
  TOLLGATE_ANSWER_BYTES_MAX: wholeNumber(1_024, 1_073_741_824)
    .default(67_108_864)
    .describe('Largest plain (not streamed) answer in bytes that is accepted from an upstream.'),
  TOLLGATE_BODY_THREADS: wholeNumber(1, 64).default(1).describe('Worker threads that scan large bodies.'),
  TOLLGATE_UPSTREAM_CONNECTIONS: wholeNumber(1, 100_000)
    .default(1_024)
    .describe('Most connections to one upstream origin.'),
  TOLLGATE_JOURNAL_BYTES_MAX: wholeNumber(1_048_576, 1_099_511_627_776)
    .default(1_073_741_824)
    .describe('Bound of the usage journal on disk; when it is full, new requests get 503.'),
  TOLLGATE_NODE_LABEL: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 characters of A-Z a-z 0-9 . _ -')
    .optional()
    .describe('Your own name for this node, shown in the list of nodes beside its id.'),
  TOLLGATE_STREAM_CHECK_PERCENT: wholeNumber(0, 100)
    .default(0)
    .describe(
      'How many of a hundred streamed answers are held against their protocol as the client sees them; what is not as it should be is logged.',
    ),
  TOLLGATE_DRAIN_MS: wholeNumber(0, 86_400_000)
    .default(30_000)
    .describe('How long SIGTERM waits for running answers.'),
  TOLLGATE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged, to stderr as JSON lines.'),
});

export interface GatewayConfig {
  host: string;
  port: number;
  dataDir: string;
  journalDir: string;
  databaseUrl: string | null;
  redisUrl: string | null;
  redisIsCluster: boolean;
  redisPrefix: string;
  redisTimeoutMs: number;
  windowShape: 'fixed' | 'sliding';
  degradedLimits: 'open' | 'local' | 'closed';
  degradedGraceMs: number;
  tokenQuotaStatus: 400 | 429;
  secretKeyText: string | null;
  secretKeyFile: string;
  outboundAllow: readonly string[];
  trustedProxies: readonly string[];
  bodyBytesMax: number;
  answerBytesMax: number;
  bodyThreads: number;
  upstreamConnections: number;
  journalBytesMax: number;
  /** null = none. */
  nodeLabel: string | null;
  streamCheckPercent: number;
  drainMs: number;
  logLevel: string;
}

/** An empty variable counts as unset. Throws an Error whose text lists every problem, one a line. */
export function parseGatewayConfig(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<GatewayConfig> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = gatewayConfigSchema.safeParse(set);
  if (!result.success) {
    throw new Error(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const values = result.data;
  return Object.freeze({
    host: values.TOLLGATE_GATEWAY_HOST,
    port: values.TOLLGATE_GATEWAY_PORT,
    dataDir: values.TOLLGATE_DATA_DIR,
    journalDir: join(values.TOLLGATE_DATA_DIR, 'journal'),
    databaseUrl: values.DATABASE_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    redisIsCluster: values.TOLLGATE_REDIS_CLUSTER,
    redisPrefix: values.TOLLGATE_REDIS_PREFIX,
    redisTimeoutMs: values.TOLLGATE_REDIS_TIMEOUT_MS,
    windowShape: values.TOLLGATE_RPM_WINDOW,
    degradedLimits: values.TOLLGATE_DEGRADED_LIMITS,
    degradedGraceMs: values.TOLLGATE_DEGRADED_GRACE_MS,
    tokenQuotaStatus: values.TOLLGATE_TOKEN_QUOTA_STATUS === 429 ? 429 : 400,
    secretKeyText: values.TOLLGATE_SECRET_KEY ?? null,
    secretKeyFile: join(values.TOLLGATE_DATA_DIR, 'secret.key'),
    outboundAllow: Object.freeze(values.TOLLGATE_OUTBOUND_ALLOW),
    trustedProxies: Object.freeze(values.TOLLGATE_TRUSTED_PROXIES),
    bodyBytesMax: values.TOLLGATE_BODY_BYTES_MAX,
    answerBytesMax: values.TOLLGATE_ANSWER_BYTES_MAX,
    bodyThreads: values.TOLLGATE_BODY_THREADS,
    upstreamConnections: values.TOLLGATE_UPSTREAM_CONNECTIONS,
    journalBytesMax: values.TOLLGATE_JOURNAL_BYTES_MAX,
    nodeLabel: values.TOLLGATE_NODE_LABEL ?? null,
    streamCheckPercent: values.TOLLGATE_STREAM_CHECK_PERCENT,
    drainMs: values.TOLLGATE_DRAIN_MS,
    logLevel: values.TOLLGATE_LOG_LEVEL,
  });
}
