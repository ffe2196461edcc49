import type { Multiplier, PicoUsd } from './money.ts';
import type {
  AccountId,
  AttemptId,
  GroupId,
  KeyId,
  NodeId,
  RequestId,
  SubscriptionId,
  UserId,
} from './ids.ts';
import type { Protocol } from './platforms.ts';

/**
 * The normal form of usage, whatever the protocol. Units: tokens, except `webSearchRequests` (a count).
 * `input` is full-price prompt tokens only; `output` includes `reasoning`.
 */
export interface TokenUsage {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** Gemini's tool-use prompt: outside `inputTokens`, billed as input. */
  toolPromptTokens: number;
  webSearchRequests: number;
}

export const ZERO_USAGE: Readonly<TokenUsage> = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  toolPromptTokens: 0,
  webSearchRequests: 0,
});

/**
 * What is not text, where the price differs. Tokens are parts of the totals, as `reasoningTokens` is: those of input
 * and not from a cache are in `inputTokens`, those of output in `outputTokens`. Images are counts by size.
 */
export interface MediaUsage {
  audioInputTokens: number;
  audioOutputTokens: number;
  imageInputTokens: number;
  imageOutputTokens: number;
  images1k: number;
  images2k: number;
  images4k: number;
}

export const ZERO_MEDIA: Readonly<MediaUsage> = Object.freeze({
  audioInputTokens: 0,
  audioOutputTokens: 0,
  imageInputTokens: 0,
  imageOutputTokens: 0,
  images1k: 0,
  images2k: 0,
  images4k: 0,
});

/** Work that the upstream billed beside the totals it reports, e.g. an advisor model or a compaction pass. */
export interface ExtraUsage {
  /** The upstream's name for the kind of work, e.g. `advisor_message`. */
  kind: string;
  /** The model that did it; null = the model of the answer. */
  model: string | null;
  usage: TokenUsage;
}

/** What a usage meter knows at the end of an answer. */
export interface MeteredUsage {
  /** The totals that the upstream reports; these fill the usage row's token columns. */
  usage: TokenUsage;
  extra: ExtraUsage[];
  /** null = nothing but text; never all zero. */
  media: MediaUsage | null;
  /** The model that the upstream says answered; null when it said nothing. */
  model: string | null;
}

/**
 * `settled`: billed with the provider's own usage. `estimated`: billed by estimate (client left early).
 * `failed`: the upstream refused or broke; billed to nobody. `unknown`: opened and never closed.
 */
export type AttemptState = 'settled' | 'estimated' | 'failed' | 'unknown';

export const ATTEMPT_STATES: ReadonlySet<unknown> = new Set<AttemptState>([
  'settled',
  'estimated',
  'failed',
  'unknown',
]);

/** What is written down before an attempt is sent. */
export interface AttemptFacts {
  attemptId: AttemptId;
  requestId: RequestId;
  nodeId: NodeId;
  /** When the attempt was opened, ms since 1970 UTC. */
  atMs: number;
  userId: UserId;
  keyId: KeyId;
  groupId: GroupId;
  accountId: AccountId;
  protocol: Protocol;
  /** The name the client asked for. */
  model: string;
  /** The name the upstream was asked for. */
  upstreamModel: string;
  stream: boolean;
  rateMultiplier: Multiplier;
  /** The subscription whose windows pay; null = the user's balance pays. */
  subscriptionId: SubscriptionId | null;
}

/** What closes it, once. Carries the facts again, so that it can be booked alone. */
export interface AttemptOutcome extends AttemptFacts {
  state: AttemptState;
  /** HTTP status of the attempt: the upstream's; 499 if the client left; 502 when no answer came; 0 = unknown. */
  status: number;
  /** Our error code, when the attempt failed. */
  errorCode: string | null;
  usage: TokenUsage;
  extra: ExtraUsage[];
  /** The price book version that the costs were computed with; null = not priced. */
  priceVersion: string | null;
  standardCost: PicoUsd;
  actualCost: PicoUsd;
  durationMs: number;
  /** From the attempt's start to the first content byte; null = none came. */
  firstTokenMs: number | null;
  /** The upstream's own request id, when it gave one. */
  upstreamRequestId: string | null;
  /** null = nothing but text; all zero is read back as null. */
  media: MediaUsage | null;
}
