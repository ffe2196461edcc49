import { LINE_COUNT_MAX, LINE_TEXT_LENGTH_MAX, LineWriter, textBytesMax } from './line-writer.ts';
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

/** Room for any line: 14 texts, the extra usage, and 32 bytes for each other field; media has 7 of them. */
export const LINE_BYTES_MAX =
  14 * textBytesMax(LINE_TEXT_LENGTH_MAX) + textBytesMax(EXTRA_LENGTH_MAX) + 1_024;

const WRITER = new LineWriter();
/** For lines that become text. */
const BYTES = Buffer.alloc(LINE_BYTES_MAX);
const TARGET_LINES = new TargetLines(buildTargetLine);

/** null = these facts have no line. */
export function buildFactsLine(facts: AttemptFacts): string | null {
  const targetLine = TARGET_LINES.find(facts);
  if (targetLine === null) return null;
  WRITER.begin(BYTES, 0);
  WRITER.text(VERSION_TEXT);
  WRITER.text(facts.attemptId);
  WRITER.text(facts.requestId);
  WRITER.text(facts.nodeId);
  WRITER.count(facts.atMs, LINE_AT_MS_MAX);
  WRITER.fields(targetLine);
  return readLine(WRITER.end());
}

/** The fields from `userId` on: what `isSameTarget` compares. */
function buildTargetLine(facts: AttemptFacts): string | null {
  WRITER.begin(BYTES, 0);
  WRITER.text(facts.userId);
  WRITER.text(facts.keyId);
  WRITER.text(facts.groupId);
  WRITER.text(facts.accountId);
  WRITER.text(facts.protocol);
  WRITER.text(facts.model);
  WRITER.text(facts.upstreamModel);
  WRITER.text(facts.stream ? 't' : 'f');
  WRITER.amount(facts.rateMultiplier, MULTIPLIER_MAX);
  WRITER.textOrNull(facts.subscriptionId);
  return readLine(WRITER.end());
}

/** null = this outcome has no line. */
export function buildOutcomeLine(outcome: AttemptOutcome): string | null {
  const factsLine = buildFactsLine(outcome);
  return factsLine === null ? null : readLine(writeOutcomeLine(outcome, factsLine, BYTES, 0));
}

function readLine(end: number): string | null {
  return end < 0 ? null : BYTES.toString('utf8', 0, end);
}

/**
 * Writes the line of an outcome at `at` of `bytes`, where {@link LINE_BYTES_MAX} bytes are free, and returns where it
 * ends; -1 = it has none. `factsLine` is that of exactly its facts.
 */
export function writeOutcomeLine(
  outcome: AttemptOutcome,
  factsLine: string,
  bytes: Buffer,
  at: number,
): number {
  WRITER.begin(bytes, at);
  WRITER.fields(factsLine);
  if (ATTEMPT_STATES.has(outcome.state)) WRITER.text(outcome.state);
  else WRITER.refuse();
  WRITER.count(outcome.status);
  WRITER.textOrNull(outcome.errorCode);
  writeUsage(outcome.usage);
  writeExtra(outcome.extra);
  WRITER.textOrNull(outcome.priceVersion);
  WRITER.amount(outcome.standardCost, COST_MAX);
  WRITER.amount(outcome.actualCost, COST_MAX);
  WRITER.count(outcome.durationMs);
  WRITER.countOrNull(outcome.firstTokenMs);
  WRITER.textOrNull(outcome.upstreamRequestId);
  writeMedia(outcome.media);
  return WRITER.end();
}

function writeUsage(usage: TokenUsage): void {
  WRITER.count(usage.inputTokens);
  WRITER.count(usage.cacheReadTokens);
  WRITER.count(usage.cacheWrite5mTokens);
  WRITER.count(usage.cacheWrite1hTokens);
  WRITER.count(usage.outputTokens);
  WRITER.count(usage.reasoningTokens);
  WRITER.count(usage.toolPromptTokens);
  WRITER.count(usage.webSearchRequests);
}

function writeExtra(extra: readonly ExtraUsage[]): void {
  if (extra.length === 0) return WRITER.null();
  if (!extra.every(isFitExtra)) return WRITER.refuse();
  // What JSON has to escape holds a backslash, and no line lets it pass.
  WRITER.text(JSON.stringify(extra, EXTRA_KEYS), EXTRA_LENGTH_MAX);
}

function writeMedia(media: MediaUsage | null): void {
  if (media === null) return WRITER.null();
  const used = LINE_MEDIA_FIELDS.filter((field) => media[field] !== 0);
  if (!used.every((field) => Number.isInteger(media[field]) && isCount(media[field]))) return WRITER.refuse();
  WRITER.textOrNull(used.length === 0 ? null : JSON.stringify(media, used));
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
