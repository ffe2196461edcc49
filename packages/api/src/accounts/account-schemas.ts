import { ACCOUNT_KINDS, OPENAI_PROTOCOLS, PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { idField, instantField, nameField } from '../fields/text-fields.ts';
import { buildMinutesField, costField, limitField, priorityField } from '../fields/number-fields.ts';
import { credentialsSchema } from './credentials-schema.ts';
import { modelMappingField } from './model-mapping-field.ts';
import { pinnedHeadersField } from './pinned-headers-field.ts';
import { passedStatusesField, pauseRulesField } from './upstream-rule-fields.ts';

const ACCOUNT_GROUPS_MAX = 1000;

const DAY_MINUTES = 1440;

export const baseUrlField = z.string().min(1).max(2048);
/** `http://`, `https://` or `socks5://`, user and password allowed. */
export const proxyField = z.string().min(1).max(2048);
/** Of platform openai: the only protocol that its host speaks; null = both. */
export const upstreamProtocolField = z.enum(OPENAI_PROTOCOLS).nullable();
/** Google's project, for Code Assist and Antigravity; null = none. */
export const projectField = z
  .string()
  .regex(/^[a-z0-9:.-]{1,128}$/u, 'small letters, digits, hyphens')
  .nullable();
export const sessionIdleMinutesField = buildMinutesField(DAY_MINUTES);

/** Groups that may use the account; `priority` null or absent = the account's own. */
const groupLinksField = z
  .array(z.strictObject({ id: idField, priority: priorityField.nullish() }))
  .max(ACCOUNT_GROUPS_MAX)
  .refine((links) => new Set(links.map((link) => link.id)).size === links.length, 'names a group twice');

const settings = {
  /** Parallel requests; 0 = no limit. */
  concurrency: limitField,
  /** Lower goes first. */
  priority: priorityField,
  status: z.enum(['active', 'disabled', 'error']),
  schedulable: z.boolean(),
  /** null = never */
  expiresAt: instantField.nullable(),
  modelMapping: modelMappingField,
  upstreamProtocol: upstreamProtocolField,
  project: projectField,
  /** LIM-7, oauth and setup-token: live sessions; 0 = no limit. */
  sessionsMax: limitField,
  sessionIdleMinutes: sessionIdleMinutesField,
  /** LIM-8, oauth and setup-token: standard cost a window in USD; null = no limit. */
  windowCostLimit: costField.nullable(),
  /** USD that sticky sessions may go above it. */
  windowCostReserve: costField,
  /** WARM-1 */
  interceptWarmUps: z.boolean(),
  passedStatuses: passedStatusesField,
  pauseRules: pauseRulesField,
  pinnedHeaders: pinnedHeadersField,
};

export const accountCreateSchema = z.strictObject({
  name: nameField,
  platform: z.enum(PLATFORMS),
  kind: z.enum(ACCOUNT_KINDS),
  /** Absent = the platform's own. */
  baseUrl: baseUrlField.optional(),
  credentials: credentialsSchema,
  /** null or absent = direct. */
  proxy: proxyField.nullish(),
  /** A named proxy instead of a URL. */
  proxyId: idField.nullish(),
  groups: groupLinksField.optional(),
  ...z.strictObject(settings).partial().shape,
});

/** Platform and kind never change: another credential is another account. */
export const accountPatchSchema = z
  .strictObject({
    name: nameField,
    baseUrl: baseUrlField,
    /** Replaces all of them. */
    credentials: credentialsSchema,
    /** null = direct. */
    proxy: proxyField.nullable(),
    /** A named proxy; null = direct. A URL takes its place. */
    proxyId: idField.nullable(),
    groups: groupLinksField,
    ...settings,
  })
  .partial();

/** Credentials are write-only: nothing of them is here. */
export const accountOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  platform: z.enum(PLATFORMS),
  kind: z.enum(ACCOUNT_KINDS),
  baseUrl: z.string(),
  groups: z.array(z.strictObject({ id: z.string(), name: z.string(), priority: z.number().nullable() })),
  ...settings,
  priority: z.int(),
  modelMapping: z.record(z.string(), z.string()),
  pinnedHeaders: z.record(z.string(), z.string()),
  sessionIdleMinutes: z.number(),
  windowCostLimit: z.string().nullable(),
  windowCostReserve: z.string(),
  /** Without user and password: those are write-only. */
  proxy: z.string().nullable(),
  /** null = a URL of its own, or direct. */
  proxyId: z.string().nullable(),
  /** Why the gateway has set the status itself, or what went wrong with the last refresh. */
  statusReason: z.string().nullable(),
  /** Kind oauth: null = only on demand. */
  nextRefreshAt: z.string().nullable(),
  refreshedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** An account by id or by name. */
export const accountRefSchema = z.union([
  z.strictObject({ id: idField }),
  z.strictObject({ name: nameField }),
]);

export type AccountRef = z.infer<typeof accountRefSchema>;
export type AccountCreate = z.infer<typeof accountCreateSchema>;
export type AccountPatch = z.infer<typeof accountPatchSchema>;
export type Account = z.infer<typeof accountOutputSchema>;
