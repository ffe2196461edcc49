import {
  ATTEMPT_STATES,
  formatMultiplier,
  formatUsd,
  LINE_AT_MS_MAX,
  LINE_COST_MAX,
  LINE_COUNT_MAX,
  LINE_MEDIA_FIELDS,
  LINE_MULTIPLIER_MAX,
  LINE_TEXT_LENGTH_MAX,
  type AttemptOutcome,
  type AttemptState,
  type ExtraUsage,
  type MediaUsage,
  type Multiplier,
  type PicoUsd,
  type TokenUsage,
} from '@tollgate/core';
import type { usage } from './schema/index.ts';

/** What comes from an attempt; Postgres itself notes whether it was unknown before. */
export type UsageRow = Omit<Required<typeof usage.$inferInsert>, 'wasUnknown'>;

/** Told the name of each field that had to be changed to fit. */
export type OnMended = (field: string) => void;

/**
 * The row of an attempt. Never throws: what Postgres would refuse (a NUL, half a character, a figure that is
 * negative or out of range) is changed to the nearest that it takes, so that one bad record cannot stop all
 * that come after it. An attempt that is `unknown` costs nothing yet: nobody knows what it cost. One that
 * `failed` has a standard cost, which nobody pays.
 */
export function buildUsageRow(outcome: AttemptOutcome, onMended: OnMended): UsageRow {
  const mend = new Mender(onMended);
  const known = ATTEMPT_STATES.has(outcome.state) && outcome.state !== 'unknown';
  const isBilled = known && outcome.state !== 'failed';
  return {
    attemptId: mend.text('attemptId', outcome.attemptId),
    requestId: mend.text('requestId', outcome.requestId),
    nodeId: mend.text('nodeId', outcome.nodeId),
    at: new Date(mend.integer('atMs', outcome.atMs, LINE_AT_MS_MAX)),
    userId: mend.text('userId', outcome.userId),
    keyId: mend.text('keyId', outcome.keyId),
    groupId: mend.text('groupId', outcome.groupId),
    accountId: mend.text('accountId', outcome.accountId),
    protocol: mend.text('protocol', outcome.protocol),
    model: mend.text('model', outcome.model),
    upstreamModel: mend.text('upstreamModel', outcome.upstreamModel),
    stream: outcome.stream === true,
    status: mend.integer('status', outcome.status),
    state: mend.state(outcome.state),
    errorCode: mend.textOrNull('errorCode', outcome.errorCode),
    ...mend.usage(outcome.usage),
    extra: outcome.extra.length === 0 ? null : outcome.extra.map((extra) => mend.extra(extra)),
    priceVersion: mend.textOrNull('priceVersion', outcome.priceVersion),
    rateMultiplier: formatMultiplier(
      mend.amount('rateMultiplier', outcome.rateMultiplier, BigInt(LINE_MULTIPLIER_MAX)) as Multiplier,
    ),
    standardCost: formatUsd(
      mend.amount('standardCost', known ? outcome.standardCost : 0n, BigInt(LINE_COST_MAX)) as PicoUsd,
    ),
    actualCost: formatUsd(
      mend.amount('actualCost', isBilled ? outcome.actualCost : 0n, BigInt(LINE_COST_MAX)) as PicoUsd,
    ),
    durationMs: mend.integer('durationMs', outcome.durationMs),
    firstTokenMs: outcome.firstTokenMs === null ? null : mend.integer('firstTokenMs', outcome.firstTokenMs),
    upstreamRequestId: mend.textOrNull('upstreamRequestId', outcome.upstreamRequestId),
    subscriptionId: mend.textOrNull('subscriptionId', outcome.subscriptionId),
    media: outcome.media === null ? null : mend.media(outcome.media),
  };
}

/** Nearly every text is: asking is cheaper than mending in vain. */
function isFit(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length <= LINE_TEXT_LENGTH_MAX &&
    value.isWellFormed() &&
    !value.includes('\0')
  );
}

class Mender {
  readonly #onMended: OnMended;

  constructor(onMended: OnMended) {
    this.#onMended = onMended;
  }

  text(field: string, value: string): string {
    if (isFit(value)) return value;
    const fit = String(value).slice(0, LINE_TEXT_LENGTH_MAX).toWellFormed().replaceAll('\0', '');
    if (fit !== value) this.#onMended(field);
    return fit;
  }

  state(value: AttemptState): AttemptState {
    if (ATTEMPT_STATES.has(value)) return value;
    this.#onMended('state');
    return 'unknown';
  }

  textOrNull(field: string, value: string | null): string | null {
    return value === null ? null : this.text(field, value);
  }

  integer(field: string, value: number, max = LINE_COUNT_MAX): number {
    const fit = Number.isNaN(value) ? 0 : Math.max(0, Math.min(max, Math.round(value)));
    // Fractions of a millisecond are expected; all else is not.
    if (Math.abs(fit - value) >= 1 || Number.isNaN(value)) this.#onMended(field);
    return fit;
  }

  amount(field: string, value: bigint, max: bigint): bigint {
    const fit = value < 0n ? 0n : value > max ? max : value;
    if (fit !== value) this.#onMended(field);
    return fit;
  }

  usage(usage: TokenUsage): TokenUsage {
    return {
      inputTokens: this.integer('inputTokens', usage.inputTokens),
      cacheReadTokens: this.integer('cacheReadTokens', usage.cacheReadTokens),
      cacheWrite5mTokens: this.integer('cacheWrite5mTokens', usage.cacheWrite5mTokens),
      cacheWrite1hTokens: this.integer('cacheWrite1hTokens', usage.cacheWrite1hTokens),
      outputTokens: this.integer('outputTokens', usage.outputTokens),
      reasoningTokens: this.integer('reasoningTokens', usage.reasoningTokens),
      toolPromptTokens: this.integer('toolPromptTokens', usage.toolPromptTokens),
      webSearchRequests: this.integer('webSearchRequests', usage.webSearchRequests),
    };
  }

  /** Only counts above 0; null when none is. */
  media(media: MediaUsage): Partial<MediaUsage> | null {
    const counts = LINE_MEDIA_FIELDS.map((field) => [field, this.integer(`media.${field}`, media[field])]);
    const used = counts.filter(([, count]) => count !== 0);
    return used.length === 0 ? null : (Object.fromEntries(used) as Partial<MediaUsage>);
  }

  extra(extra: ExtraUsage): ExtraUsage {
    return {
      kind: this.text('extra.kind', extra.kind),
      model: this.textOrNull('extra.model', extra.model),
      usage: this.usage(extra.usage),
    };
  }
}
