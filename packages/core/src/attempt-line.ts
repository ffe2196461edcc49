import { LINE_COUNT_MAX, LINE_TEXT_LENGTH_MAX, LineWriter } from './line-writer.ts';
import {
  ATTEMPT_STATES,
  ZERO_USAGE,
  type AttemptFacts,
  type AttemptOutcome,
  type ExtraUsage,
  type TokenUsage,
} from './usage.ts';

/**
 * Version 2 of an attempt in text: one line of fields between tabs, null as `\N`, money as whole pico-USD. It is
 * what Postgres takes as it is, so that nobody has to read it on the way: an attempt that the columns would
 * refuse, or that needs an escape, has no line, and is written as JSON (`attempt-json.ts`).
 * A new field goes to the end under a new version; older versions must stay readable.
 */
const LINE_VERSION = 2;
/** How a line begins, and nothing else that is written as an attempt. */
export const LINE_MARK = `${LINE_VERSION}\t`;
/** A line never has more bytes: 16 texts, 17 figures, the extras. */
export const LINE_BYTES_MAX = 48 * 1024;

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
] as const;
export type LineField = (typeof LINE_FIELDS)[number];

const USAGE_FIELDS = Object.keys(ZERO_USAGE) as (keyof TokenUsage)[];
/** 9999-12-31, the last day that every reader of timestamps knows. */
export const LINE_AT_MS_MAX = 253_402_300_799_999;
/** One million USD: no attempt costs more, and balances stay far from the end of their column. */
export const LINE_COST_MAX = 10 ** 18;
/** The column holds 6 digits before the point and 6 after it. */
export const LINE_MULTIPLIER_MAX = 10 ** 12 - 1;
const EXTRA_LENGTH_MAX = 4_000;
/** Nothing but what the column promises. */
const EXTRA_KEYS = ['kind', 'model', 'usage', ...USAGE_FIELDS];

/** Writes the line into `bytes`, which has {@link LINE_BYTES_MAX} from `at` on; returns its end, -1 = no line. */
export function writeFactsLine(facts: AttemptFacts, bytes: Uint8Array, at: number): number {
  const writer = new LineWriter(bytes, at);
  writeFacts(facts, writer);
  return writer.end();
}

/** Like {@link writeFactsLine}. */
export function writeOutcomeLine(outcome: AttemptOutcome, bytes: Uint8Array, at: number): number {
  const writer = new LineWriter(bytes, at);
  writeFacts(outcome, writer);
  if (!ATTEMPT_STATES.has(outcome.state)) writer.refuse();
  writer.text(outcome.state);
  writer.count(outcome.status);
  writer.textOrNull(outcome.errorCode);
  writeUsage(outcome.usage, writer);
  if (outcome.extra.length === 0) writer.textOrNull(null);
  else writeExtra(outcome.extra, writer);
  writer.textOrNull(outcome.priceVersion);
  writer.amount(outcome.standardCost, LINE_COST_MAX);
  writer.amount(outcome.actualCost, LINE_COST_MAX);
  writer.count(outcome.durationMs);
  writer.countOrNull(outcome.firstTokenMs);
  writer.textOrNull(outcome.upstreamRequestId);
  return writer.end();
}

function writeFacts(facts: AttemptFacts, writer: LineWriter): void {
  writer.count(LINE_VERSION);
  writer.text(facts.attemptId);
  writer.text(facts.requestId);
  writer.text(facts.nodeId);
  writer.large(facts.atMs, LINE_AT_MS_MAX);
  writer.text(facts.userId);
  writer.text(facts.keyId);
  writer.text(facts.groupId);
  writer.text(facts.accountId);
  writer.text(facts.protocol);
  writer.text(facts.model);
  writer.text(facts.upstreamModel);
  writer.text(facts.stream ? 't' : 'f');
  writer.amount(facts.rateMultiplier, LINE_MULTIPLIER_MAX);
}

function writeUsage(usage: TokenUsage, writer: LineWriter): void {
  writer.count(usage.inputTokens);
  writer.count(usage.cacheReadTokens);
  writer.count(usage.cacheWrite5mTokens);
  writer.count(usage.cacheWrite1hTokens);
  writer.count(usage.outputTokens);
  writer.count(usage.reasoningTokens);
  writer.count(usage.toolPromptTokens);
  writer.count(usage.webSearchRequests);
}

function writeExtra(extra: readonly ExtraUsage[], writer: LineWriter): void {
  if (!extra.every(isFitExtra)) return writer.refuse();
  // What JSON has to escape holds a backslash, and the writer refuses it.
  writer.text(JSON.stringify(extra, EXTRA_KEYS), EXTRA_LENGTH_MAX);
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
