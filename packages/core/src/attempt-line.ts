import { buildLineShape, LINE_COUNT_MAX, LINE_TEXT_LENGTH_MAX, LineFields } from './line-fields.ts';
import {
  ATTEMPT_STATES,
  ZERO_MEDIA,
  ZERO_USAGE,
  type AttemptFacts,
  type AttemptOutcome,
  type ExtraUsage,
  type MediaUsage,
  type TokenUsage,
} from './usage.ts';

/**
 * Version 3 of an attempt in text: one line of fields between tabs, null as `\N`, money as whole pico-USD. It is
 * what Postgres takes as it is, so that nobody has to read it on the way: an attempt that the columns would
 * refuse, or that needs an escape, has no line, and is written as JSON (`attempt-json.ts`).
 * A new field goes to the end of the facts or of the outcome, under a new version; older versions must stay readable.
 */
const LINE_VERSION = 3;
/** How a line of this version begins, and nothing else that is written as an attempt. */
export const LINE_MARK = `${LINE_VERSION}\t`;
/** Lines of the version before: the same without {@link LINE_FIELDS_ADDED}. */
export const LINE_MARK_BEFORE = '2\t';

/** The fields of an outcome in their order; those of its facts are the first. */
export const LINE_FIELDS = [
  'version',
  'attemptId',
  'requestId',
  'nodeId',
  'atMs',
  'userId',
  'keyId',
  'groupId',
  'accountId',
  'protocol',
  'model',
  'upstreamModel',
  'stream',
  'rateMultiplier',
  'subscriptionId',
  'state',
  'status',
  'errorCode',
  'inputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'reasoningTokens',
  'toolPromptTokens',
  'webSearchRequests',
  'extra',
  'priceVersion',
  'standardCost',
  'actualCost',
  'durationMs',
  'firstTokenMs',
  'upstreamRequestId',
  'media',
] as const;
export type LineField = (typeof LINE_FIELDS)[number];
export const LINE_FIELDS_ADDED: ReadonlySet<LineField> = new Set<LineField>(['subscriptionId', 'media']);

const USAGE_FIELDS = Object.keys(ZERO_USAGE) as (keyof TokenUsage)[];
/** The counts that the field `media` may hold: those above 0, in this order. */
export const LINE_MEDIA_FIELDS = Object.keys(ZERO_MEDIA) as (keyof MediaUsage)[];
/** 9999-12-31, the last day that every reader of timestamps knows. */
export const LINE_AT_MS_MAX = 253_402_300_799_999;
/** One million USD: no attempt costs more, and balances stay far from the end of their column. */
export const LINE_COST_MAX = 10 ** 18;
/** The column holds 6 digits before the point and 6 after it. */
export const LINE_MULTIPLIER_MAX = 10 ** 12 - 1;
const EXTRA_LENGTH_MAX = 4_000;
/** Nothing but what the column promises. */
const EXTRA_KEYS = ['kind', 'model', 'usage', ...USAGE_FIELDS];

const OUTCOME_SHAPE = buildLineShape(LINE_FIELDS.length);
const FACTS_SHAPE = buildLineShape(LINE_FIELDS.indexOf('state'));

/** null = these facts have no line. */
export function buildFactsLine(facts: AttemptFacts): string | null {
  const fields = new LineFields();
  addFacts(facts, fields);
  return fields.join(FACTS_SHAPE);
}

/** null = this outcome has no line. */
export function buildOutcomeLine(outcome: AttemptOutcome): string | null {
  const fields = new LineFields();
  addFacts(outcome, fields);
  if (!ATTEMPT_STATES.has(outcome.state)) fields.refuse();
  fields.text(outcome.state);
  fields.count(outcome.status);
  fields.textOrNull(outcome.errorCode);
  addUsage(outcome.usage, fields);
  if (outcome.extra.length === 0) fields.textOrNull(null);
  else addExtra(outcome.extra, fields);
  fields.textOrNull(outcome.priceVersion);
  fields.amount(outcome.standardCost, LINE_COST_MAX);
  fields.amount(outcome.actualCost, LINE_COST_MAX);
  fields.count(outcome.durationMs);
  fields.countOrNull(outcome.firstTokenMs);
  fields.textOrNull(outcome.upstreamRequestId);
  addMedia(outcome.media, fields);
  return fields.join(OUTCOME_SHAPE);
}

function addFacts(facts: AttemptFacts, fields: LineFields): void {
  fields.count(LINE_VERSION);
  fields.text(facts.attemptId);
  fields.text(facts.requestId);
  fields.text(facts.nodeId);
  fields.count(facts.atMs, LINE_AT_MS_MAX);
  fields.text(facts.userId);
  fields.text(facts.keyId);
  fields.text(facts.groupId);
  fields.text(facts.accountId);
  fields.text(facts.protocol);
  fields.text(facts.model);
  fields.text(facts.upstreamModel);
  fields.text(facts.stream ? 't' : 'f');
  fields.amount(facts.rateMultiplier, LINE_MULTIPLIER_MAX);
  fields.textOrNull(facts.subscriptionId);
}

function addUsage(usage: TokenUsage, fields: LineFields): void {
  fields.count(usage.inputTokens);
  fields.count(usage.cacheReadTokens);
  fields.count(usage.cacheWrite5mTokens);
  fields.count(usage.cacheWrite1hTokens);
  fields.count(usage.outputTokens);
  fields.count(usage.reasoningTokens);
  fields.count(usage.toolPromptTokens);
  fields.count(usage.webSearchRequests);
}

function addExtra(extra: readonly ExtraUsage[], fields: LineFields): void {
  if (!extra.every(isFitExtra)) return fields.refuse();
  // What JSON has to escape holds a backslash, and no shape lets it pass.
  fields.text(JSON.stringify(extra, EXTRA_KEYS), EXTRA_LENGTH_MAX);
}

function addMedia(media: MediaUsage | null, fields: LineFields): void {
  if (media === null) return fields.textOrNull(null);
  const used = LINE_MEDIA_FIELDS.filter((field) => media[field] !== 0);
  if (!used.every((field) => Number.isInteger(media[field]) && isCount(media[field]))) return fields.refuse();
  fields.textOrNull(used.length === 0 ? null : JSON.stringify(media, used));
}

function isFitExtra({ kind, model, usage }: ExtraUsage): boolean {
  const texts = model === null ? [kind] : [kind, model];
  return (
    texts.every((text) => typeof text === 'string' && text.length <= LINE_TEXT_LENGTH_MAX) &&
    USAGE_FIELDS.every((field) => Number.isInteger(usage[field]) && isCount(usage[field]))
  );
}

function isCount(value: number): boolean {
  return value >= 0 && value <= LINE_COUNT_MAX;
}
