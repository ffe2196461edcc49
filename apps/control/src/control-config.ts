import { buildAddressList, sharedStoreFields } from '@tollgate/config';
import { formatProblems, mapIssues } from '@tollgate/api/server';
import { PLATFORMS, type Platform } from '@tollgate/core';
import { z } from 'zod';
import { parseSmtpUrl, type SmtpServerOptions } from './mail/parse-smtp-url.ts';
import { buildVariableName, TOKEN_URLS, type OauthClients } from './oauth/oauth-clients.ts';

const DEFAULT_PORT = 8788;
const MIB = 1_048_576;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );

const oauthFields = Object.assign({}, ...PLATFORMS.map(buildOauthFields)) as Record<
  string,
  z.ZodType<string | undefined>
>;

/** ACC-6 */
function buildOauthFields(platform: Platform): Record<string, z.ZodType<string | undefined>> {
  return {
    [buildVariableName(platform, 'TOKEN_URL')]: z
      .url({ protocol: /^https?$/ })
      .default(TOKEN_URLS[platform])
      .describe(`Where OAuth tokens of ${platform} accounts are refreshed.`),
    [buildVariableName(platform, 'CLIENT_ID')]: z
      .string()
      .max(512)
      .optional()
      .describe(
        `OAuth client that the tokens of ${platform} accounts were issued to; none is refreshed without it.`,
      ),
    [buildVariableName(platform, 'CLIENT_SECRET')]: z
      .string()
      .max(512)
      .optional()
      .describe(`Secret of that client, if it has one.`),
  };
}

/** The control plane's configuration: environment variables, which flags of the command override. */
export const controlConfigSchema = z.object({
  TOLLGATE_CONTROL_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address the control plane listens on.'),
  TOLLGATE_CONTROL_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(DEFAULT_PORT)
    .describe('Port of the control plane; 0 = a free one.'),
  TOLLGATE_ADMIN_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,256}$/, 'expected 16 to 256 characters of A-Z a-z 0-9 _ -')
    .optional()
    .describe(
      'Becomes the first admin token, when there is none yet. Without it one is made and shown once.',
    ),
  TOLLGATE_CONTROL_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .describe(
      'Where persons reach the control plane, e.g. `https://control.example.com`: for links, and for cookies that only https carries. Without it requests say.',
    ),
  TOLLGATE_TRUSTED_PROXIES: list
    .superRefine((entries, context) => {
      try {
        buildAddressList(entries);
      } catch (fault) {
        context.addIssue({ code: 'custom', message: fault instanceof Error ? fault.message : 'not a list' });
      }
    })
    .describe('CIDR list of proxies whose X-Forwarded-For, -Proto and -Host are believed, comma separated.'),
  TOLLGATE_SESSION_IDLE_MINUTES: z.coerce
    .number()
    .int()
    .min(5)
    .max(43_200)
    .default(720)
    .describe('After so long without use a person must sign in again.'),
  TOLLGATE_SESSION_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .max(8_760)
    .default(168)
    .describe('After so long a person must sign in again in any case.'),
  TOLLGATE_CONTROL_BODY_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(64 * MIB)
    .default(8 * MIB)
    .describe('Largest request body of the control plane in bytes; more is answered 413.'),
  TOLLGATE_DATA_DIR: z
    .string()
    .min(1)
    .default('.tollgate')
    .describe('Folder of the secret key, when TOLLGATE_SECRET_KEY is not set.'),
  DATABASE_URL: z.string().min(1).optional().describe('Postgres. `tollgate control` needs it.'),
  REDIS_URL: z
    .string()
    .min(1)
    .optional()
    .describe('Redis or Valkey, through which changes reach the gateways. `tollgate control` needs it.'),
  TOLLGATE_REDIS_CLUSTER: sharedStoreFields.TOLLGATE_REDIS_CLUSTER,
  TOLLGATE_RPM_WINDOW: sharedStoreFields.TOLLGATE_RPM_WINDOW.describe(
    'How the gateways count a minute: the same as they have.',
  ),
  TOLLGATE_REDIS_PREFIX: sharedStoreFields.TOLLGATE_REDIS_PREFIX.describe(
    'In front of every Redis key and channel; the same as the gateways have.',
  ),
  TOLLGATE_REDIS_TIMEOUT_MS: sharedStoreFields.TOLLGATE_REDIS_TIMEOUT_MS,
  TOLLGATE_SECRET_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('32 bytes (base64 or hex) that seal account credentials; the same as the gateways have.'),
  TOLLGATE_OUTBOUND_ALLOW: list.describe(
    'CIDR list of private addresses that upstreams may have, comma separated.',
  ),
  TOLLGATE_USAGE_MONTHS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_200)
    .default(0)
    .describe('Whole months of usage rows that are kept before the present one; 0 = all of them.'),
  TOLLGATE_DECISION_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_660)
    .default(14)
    .describe('Whole days of decision records that are kept before the present one; 0 = all of them.'),
  TOLLGATE_ALERT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_660)
    .default(90)
    .describe('Whole days that alert events which are over are kept, with their messages; 0 = all of them.'),
  TOLLGATE_ALERT_INTERVAL_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(3_600)
    .default(30)
    .describe(
      'How often alert rules are looked at; one whose window is N minutes long, each N seconds at most.',
    ),
  ...oauthFields,
  TOLLGATE_SMTP_URL: z
    .string()
    .transform((text, context) => {
      try {
        return parseSmtpUrl(text);
      } catch (fault) {
        context.addIssue({ code: 'custom', message: fault instanceof Error ? fault.message : 'not a URL' });
        return z.NEVER;
      }
    })
    .optional()
    .describe(
      'Mail server for notices and alerts: `smtp[s]://[user:password@]host[:port]`, with `?starttls=required`, `offered` or `off` (required when there is a password) and `&verify=off` for a certificate that nobody has signed. Without it notices wait.',
    ),
  TOLLGATE_MAIL_FROM: z
    .string()
    .max(320)
    .regex(
      /^(?:[^<>@\r\n"]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/,
      'expected `Name <address>` or an address',
    )
    .optional()
    .describe('Sender of those mails, `Name <address>` or the address alone; needed with TOLLGATE_SMTP_URL.'),
  TOLLGATE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged, to stderr as JSON lines.'),
});

export interface ControlConfig {
  host: string;
  port: number;
  /** null = one is made when there is none. */
  adminToken: string | null;
  /** No slash at its end; null = where requests say. */
  publicUrl: string | null;
  /** CIDR list. */
  trustedProxies: readonly string[];
  sessionIdleMs: number;
  sessionLifeMs: number;
  bodyBytesMax: number;
  dataDir: string;
  databaseUrl: string | null;
  redisUrl: string | null;
  redisIsCluster: boolean;
  redisPrefix: string;
  redisTimeoutMs: number;
  windowShape: 'fixed' | 'sliding';
  secretKeyText: string | null;
  outboundAllow: readonly string[];
  /** null = all are kept. */
  usageMonthsKept: number | null;
  /** null = all are kept. */
  decisionDaysKept: number | null;
  /** null = all are kept. */
  alertDaysKept: number | null;
  /** OPS-5 */
  alertIntervalMs: number;
  oauthClients: OauthClients;
  /** null = no mail is sent. */
  smtp: SmtpServerOptions | null;
  mailFrom: string | null;
  logLevel: string;
}

/** An empty variable counts as unset. Throws an Error whose text lists every problem, one a line. */
export function parseControlConfig(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<ControlConfig> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = controlConfigSchema.safeParse(set);
  if (!result.success) throw new Error(formatProblems(mapIssues(result.error.issues)));
  const values = result.data;
  if (values.TOLLGATE_SMTP_URL !== undefined && values.TOLLGATE_MAIL_FROM === undefined) {
    throw new Error('TOLLGATE_MAIL_FROM: required with TOLLGATE_SMTP_URL');
  }
  return Object.freeze({
    host: values.TOLLGATE_CONTROL_HOST,
    port: values.TOLLGATE_CONTROL_PORT,
    adminToken: values.TOLLGATE_ADMIN_TOKEN ?? null,
    publicUrl: values.TOLLGATE_CONTROL_URL ?? null,
    trustedProxies: Object.freeze(values.TOLLGATE_TRUSTED_PROXIES),
    sessionIdleMs: values.TOLLGATE_SESSION_IDLE_MINUTES * MINUTE_MS,
    sessionLifeMs: values.TOLLGATE_SESSION_HOURS * HOUR_MS,
    bodyBytesMax: values.TOLLGATE_CONTROL_BODY_BYTES_MAX,
    dataDir: values.TOLLGATE_DATA_DIR,
    databaseUrl: values.DATABASE_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    redisIsCluster: values.TOLLGATE_REDIS_CLUSTER,
    redisPrefix: values.TOLLGATE_REDIS_PREFIX,
    redisTimeoutMs: values.TOLLGATE_REDIS_TIMEOUT_MS,
    windowShape: values.TOLLGATE_RPM_WINDOW,
    secretKeyText: values.TOLLGATE_SECRET_KEY ?? null,
    outboundAllow: Object.freeze(values.TOLLGATE_OUTBOUND_ALLOW),
    usageMonthsKept: values.TOLLGATE_USAGE_MONTHS === 0 ? null : values.TOLLGATE_USAGE_MONTHS,
    decisionDaysKept: values.TOLLGATE_DECISION_DAYS === 0 ? null : values.TOLLGATE_DECISION_DAYS,
    alertDaysKept: values.TOLLGATE_ALERT_DAYS === 0 ? null : values.TOLLGATE_ALERT_DAYS,
    alertIntervalMs: values.TOLLGATE_ALERT_INTERVAL_SECONDS * 1_000,
    oauthClients: readOauthClients(values),
    smtp: values.TOLLGATE_SMTP_URL ?? null,
    mailFrom: values.TOLLGATE_MAIL_FROM ?? null,
    logLevel: values.TOLLGATE_LOG_LEVEL,
  });
}

function readOauthClients(values: Readonly<Record<string, unknown>>): OauthClients {
  const read = (platform: Platform, field: Parameters<typeof buildVariableName>[1]): string | null => {
    const value = values[buildVariableName(platform, field)];
    return typeof value === 'string' ? value : null;
  };
  const clients = PLATFORMS.map((platform) => [
    platform,
    {
      tokenUrl: read(platform, 'TOKEN_URL') ?? TOKEN_URLS[platform],
      clientId: read(platform, 'CLIENT_ID'),
      clientSecret: read(platform, 'CLIENT_SECRET'),
    },
  ]);
  return Object.freeze(Object.fromEntries(clients)) as OauthClients;
}
