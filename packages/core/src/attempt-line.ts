import { buildLineShape, LINE_COUNT_MAX, LINE_TEXT_LENGTH_MAX, LineFields } from './line-fields.ts';
import { TargetLines } from './target-lines.ts';
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
const VERSION_TEXT = '3';
/** How a line of this version begins, and nothing else that is written as an attempt. */
export const LINE_MARK = `${VERSION_TEXT}\t`;
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

const COST_MAX = BigInt(LINE_COST_MAX);
const MULTIPLIER_MAX = BigInt(LINE_MULTIPLIER_MAX);

const OWN_COUNT = LINE_FIELDS.indexOf('userId');
const FACTS_COUNT = LINE_FIELDS.indexOf('state');
const OWN_SHAPE = buildLineShape(OWN_COUNT);
const TARGET_SHAPE = buildLineShape(FACTS_COUNT - OWN_COUNT);
const RESULT_SHAPE = buildLineShape(LINE_FIELDS.length - FACTS_COUNT);

const TARGET_LINES = new TargetLines(buildTargetLine);

/** null = these facts have no line. */
export function buildFactsLine(facts: AttemptFacts): string | null {
  const fields = new LineFields();
  const texts = [
    VERSION_TEXT,
    fields.text(facts.attemptId),
    fields.text(facts.requestId),
    fields.text(facts.nodeId),
    fields.count(facts.atMs, LINE_AT_MS_MAX),
  ];
  const ownLine = fields.join(texts, OWN_SHAPE);
  const targetLine = ownLine === null ? null : TARGET_LINES.find(facts);
  return targetLine === null ? null : `${ownLine}\t${targetLine}`;
}

/** The fields from `userId` on: what `isSameTarget` compares. */
function buildTargetLine(facts: AttemptFacts): string | null {
  const fields = new LineFields();
  const texts = [
    fields.text(facts.userId),
    fields.text(facts.keyId),
    fields.text(facts.groupId),
    fields.text(facts.accountId),
    fields.text(facts.protocol),
    fields.text(facts.model),
    fields.text(facts.upstreamModel),
    facts.stream ? 't' : 'f',
    fields.amount(facts.rateMultiplier, MULTIPLIER_MAX),
    fields.textOrNull(facts.subscriptionId),
  ];
  return fields.join(texts, TARGET_SHAPE);
}

/** null = this outcome has no line. `factsLine`: that of its facts, where it is known already. */
export function buildOutcomeLine(
  outcome: AttemptOutcome,
  factsLine: string | null = buildFactsLine(outcome),
): string | null {
  const resultLine = factsLine === null ? null : buildResultLine(outcome);
  return resultLine === null ? null : `${factsLine}\t${resultLine}`;
}

/** What an outcome has beside its facts. */
function buildResultLine(outcome: AttemptOutcome): string | null {
  const fields = new LineFields();
  const { usage } = outcome;
  const texts = [
    ATTEMPT_STATES.has(outcome.state) ? outcome.state : fields.refuse(),
    fields.count(outcome.status),
    fields.textOrNull(outcome.errorCode),
    fields.count(usage.inputTokens),
    fields.count(usage.cacheReadTokens),
    fields.count(usage.cacheWrite5mTokens),
    fields.count(usage.cacheWrite1hTokens),
    fields.count(usage.outputTokens),
    fields.count(usage.reasoningTokens),
    fields.count(usage.toolPromptTokens),
    fields.count(usage.webSearchRequests),
    outcome.extra.length === 0 ? fields.textOrNull(null) : buildExtra(outcome.extra, fields),
    fields.textOrNull(outcome.priceVersion),
    fields.amount(outcome.standardCost, COST_MAX),
    fields.amount(outcome.actualCost, COST_MAX),
    fields.count(outcome.durationMs),
    fields.countOrNull(outcome.firstTokenMs),
    fields.textOrNull(outcome.upstreamRequestId),
    outcome.media === null ? fields.textOrNull(null) : buildMedia(outcome.media, fields),
  ];
  return fields.join(texts, RESULT_SHAPE);
}

function buildExtra(extra: readonly ExtraUsage[], fields: LineFields): string {
  if (!extra.every(isFitExtra)) return fields.refuse();
  // What JSON has to escape holds a backslash, and no shape lets it pass.
  return fields.text(JSON.stringify(extra, EXTRA_KEYS), EXTRA_LENGTH_MAX);
}

function buildMedia(media: MediaUsage, fields: LineFields): string {
  const used = LINE_MEDIA_FIELDS.filter((field) => media[field] !== 0);
  if (!used.every((field) => Number.isInteger(media[field]) && isCount(media[field]))) return fields.refuse();
  return fields.textOrNull(used.length === 0 ? null : JSON.stringify(media, used));
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
