import type { AccountId, GroupId, KeyId, SubscriptionId, UserId } from './ids.ts';
import type { AccountKind, ModelScope, OpenAiProtocol, Platform } from './platforms.ts';

/**
 * What the hot path knows about configuration. Snapshots are plain JSON (they travel through the shared
 * store), hold limits but never use figures, and carry a schema version: another version is a miss.
 */
export const SNAPSHOT_SCHEMA_VERSION = 4;

/** The answer to "who is this key": key, user and groups (AUTH-3). */
export interface KeySnapshot {
  schemaVersion: number;
  key: {
    id: KeyId;
    name: string;
    status: 'active' | 'disabled';
    /** CIDR or single addresses, v4 and v6; empty = everyone. Deny wins. */
    ipAllow: string[];
    ipDeny: string[];
    /** ms since 1970 UTC; null = never. */
    expiresAtMs: number | null;
    /** Requests a minute; 0 = no limit. */
    rpm: number;
    /** Tokens a minute; 0 = no limit. */
    tpm: number;
    /** Parallel requests; 0 = no limit. */
    concurrency: number;
    /** LIM-9: what the key may spend in all; null = no limit. */
    quota: PicoUsdText | null;
    /** LIM-9: what it may spend in a window that begins with its first use; null = no limit. */
    limit5h: PicoUsdText | null;
    limit1d: PicoUsdText | null;
    limit7d: PicoUsdText | null;
  };
  user: {
    id: UserId;
    email: string;
    status: 'active' | 'disabled';
    role: 'admin' | 'user';
    /** Parallel requests over all keys of the user; 0 = no limit. */
    concurrency: number;
    /** Requests a minute over all keys; 0 = no limit. */
    rpm: number;
    /** Tokens a minute over all keys; 0 = no limit. */
    tpm: number;
    /** Share of a busy account beside other users that wait for it; 1 to 100, 1 = the usual. */
    weight: number;
    /** Requests that may wait for a slot; null = max(concurrency, 1) + 20 (LIM-5). */
    queueMax: number | null;
    /** Tokens a period of seven days; 0 = no quota (LIM-10). Usage is never in the snapshot. */
    tokenLimit: number;
  };
  /** The user's own RPM in place of a group's, by group id; 0 = free of the group's limit (LIM-1). */
  rpmOverrides: Record<string, number>;
  /** The user's subscriptions by group id, also of groups that only a fallback leads to; revoked and expired ones are absent. */
  subscriptions: Record<string, SubscriptionSnapshot>;
  /** In the order of the key's own list; never empty in a valid key. */
  groups: GroupSnapshot[];
}

/** MON-9: the right to use a subscription group; what it has spent is not in the snapshot. */
export interface SubscriptionSnapshot {
  id: SubscriptionId;
  /** Valid from `startsAtMs` up to and without `expiresAtMs`, by the clock of the reader. */
  startsAtMs: number;
  expiresAtMs: number;
  status: 'active' | 'suspended';
}

export interface GroupSnapshot {
  id: GroupId;
  name: string;
  platform: Platform;
  status: 'active' | 'disabled';
  type: 'standard' | 'subscription';
  /** Decimal string, e.g. "1.5" (see core money). */
  rateMultiplier: string;
  /** Requests a minute of one user in this group; 0 = no limit. */
  rpm: number;
  /** Tokens a minute of one user in this group; 0 = no limit. */
  tpm: number;
  /** SEL-6: who may use the group; others go to `fallbackGroupId`, or are refused. */
  clientRestriction: 'none' | 'claude-code';
  fallbackGroupId: GroupId | null;
  /** SEL-6: tried once when the upstream refuses a request that another platform may accept. */
  invalidRequestFallbackGroupId: GroupId | null;
  /** SEL-1: first pattern that fits (exact or trailing `*`) replaces the candidates. Empty = no routing. */
  modelRouting: ModelRoute[];
  /** How long a request may wait for a slot of its user or key, ms (LIM-5). */
  queueTimeoutMs: number;
  /** What happens to a model that has no price: refuse it, or serve it and mark the row unpriced. */
  unpricedModels: 'refuse' | 'allow';
  /** What a user's subscription to the group may spend in 24 h, 7 d, 30 d from first use; null = no limit (MON-9). */
  limitDay: PicoUsdText | null;
  limitWeek: PicoUsdText | null;
  limitMonth: PicoUsdText | null;
  /** Most that admission holds of a request's estimated cost (MON-4); null = all of it. */
  holdMax: PicoUsdText | null;
  /** MON-7: when the client hangs up, cut the upstream or read on to learn the true usage. */
  hangUp: 'abort' | 'drain';
  /** How long, and for how many tokens of output, a drain reads on at most. */
  drainMs: number;
  drainTokens: number;
  /** Standard price of an image by size, in place of the price book's; null = the price book's (MON-2). */
  imagePrices: Record<ImageSize, PicoUsdText | null>;
  /** API-4, of platform openai: what becomes of calls of Anthropic's Messages. */
  messagesDispatch: MessagesDispatch;
  /** API-7, of platform antigravity: what may be asked for; null = everything. */
  modelScopes: ModelScope[] | null;
  /** API-7, of platform antigravity: MCP tools are called in XML where the request is translated. */
  mcpXmlInject: boolean;
  deadlines: GroupDeadlines;
}

export interface MessagesDispatch {
  /** false = such calls are refused. */
  allowed: boolean;
  /** Asked for in place of Anthropic's models that no family maps; null = their own name. */
  defaultModel: string | null;
  /** A word in the name of an Anthropic model, e.g. `opus` → what is asked for in its place. */
  families: Record<string, string>;
}

export const DEFAULT_MESSAGES_DISPATCH: Readonly<MessagesDispatch> = Object.freeze({
  allowed: true,
  defaultModel: null,
  families: {},
});

export type ImageSize = '1k' | '2k' | '4k';

export interface ModelRoute {
  /** A model's name, or its beginning with a trailing `*`. */
  pattern: string;
  accountIds: AccountId[];
}

/** REQ-7, all in ms. */
export interface GroupDeadlines {
  connectMs: number;
  /** From the request's last byte sent to the answer's first header byte. */
  firstByteMs: number;
  /** From the same moment to the first content event (streams) or the whole body (plain). */
  firstContentMs: number;
  /** Between two reads of a stream. */
  idleMs: number;
  /** The whole request, over all attempts. */
  totalMs: number;
}

export const DEFAULT_DEADLINES: Readonly<GroupDeadlines> = Object.freeze({
  connectMs: 10_000,
  firstByteMs: 300_000,
  firstContentMs: 600_000,
  idleMs: 120_000,
  totalMs: 1_800_000,
});

/** LIM-5 */
export const DEFAULT_QUEUE_TIMEOUT_MS = 60_000;
/** MON-7 */
export const DEFAULT_DRAIN_MS = 30_000;
export const DEFAULT_DRAIN_TOKENS = 8_192;
/** LIM-7 */
export const DEFAULT_SESSION_IDLE_MS = 300_000;
/** LIM-8: 10 USD. */
export const DEFAULT_WINDOW_COST_RESERVE: PicoUsdText = '10000000000000';

/** The accounts that a group may use. */
export interface PoolSnapshot {
  schemaVersion: number;
  groupId: GroupId;
  accounts: AccountSnapshot[];
}

export interface AccountSnapshot {
  id: AccountId;
  name: string;
  platform: Platform;
  kind: AccountKind;
  /** No trailing slash, no path of the API itself: `https://api.anthropic.com`. */
  baseUrl: string;
  /** Of platform openai: the only protocol that its host speaks; null = both, or what its kind of credential is for. */
  upstreamProtocol: OpenAiProtocol | null;
  /** The Google project that it works in: of gemini by token it means Code Assist, of antigravity the envelope has it. */
  project: string | null;
  /** Sealed credentials (AES-256-GCM, see packages/db); opened in the gateway's memory only. */
  sealedCredentials: string;
  /** Parallel requests; 0 = no limit. */
  concurrency: number;
  /** Lower goes first. Already the link's own priority, where the group sets one. */
  priority: number;
  status: 'active' | 'disabled' | 'error';
  schedulable: boolean;
  expiresAtMs: number | null;
  /** Requested name (exact, or with a trailing `*`) → upstream name. Not empty = also the allow-list. */
  modelMapping: Record<string, string>;
  /** ACC-7: `http://`, `https://` or `socks5://`, sealed under {@link buildProxySealContext}. null = direct. */
  sealedProxyUrl: string | null;
  /** LIM-7, oauth and setup-token: live sessions; 0 = no limit. */
  sessionsMax: number;
  sessionIdleMs: number;
  /** LIM-8, oauth and setup-token: standard cost a window from which on only sticky sessions go; null = no limit. */
  windowCostLimit: PicoUsdText | null;
  /** How far sticky sessions may go above it. */
  windowCostReserve: PicoUsdText;
  /** WARM-1 */
  interceptsWarmUps: boolean;
  /** ACC-3: these statuses of the upstream are the client's own errors, passed on; null = the usual rules. */
  passedStatuses: number[] | null;
  /** ACC-3: status + words in the body → paused. */
  pauseRules: PauseRule[];
  /** ACC-9: replaces the client's value of each header. Lower-case names. */
  pinnedHeaders: Record<string, string>;
}

/** Whose secret a sealed proxy URL is: another one than the account's credentials, so that neither opens as the other. */
export function buildProxySealContext(accountId: string): string {
  return `${accountId}:proxy`;
}

/** Pico-USD as decimal digits: snapshots are JSON, which has no bigint. */
export type PicoUsdText = string;

export interface PauseRule {
  /** HTTP status of the upstream's answer. */
  status: number;
  /** Any of these in the body (letter case aside); empty = the status alone. */
  words: string[];
  minutes: number;
}

/** Opened credentials of an account. */
export type AccountCredentials =
  | { api_key: string }
  /** `expires_at`: RFC 3339, or ms since 1970 UTC. */
  | { access_token: string; refresh_token?: string; expires_at?: string | number };
