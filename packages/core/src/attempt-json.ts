import {
  ATTEMPT_STATES,
  type AttemptFacts,
  type AttemptOutcome,
  type ExtraUsage,
  type MediaUsage,
  type TokenUsage,
} from './usage.ts';

/**
 * Another text of an attempt: a JSON array with the version in front, bigint as decimal text. It holds any value, so
 * it is what an attempt is written as that does not fit the lines of `attempt-line.ts`. Journals of the first release
 * hold nothing else: version 1, without subscription and media. Version 2 are lines only.
 */
const PAYLOAD_VERSION = 3;
const FIRST_VERSION = 1;
const FACTS_FIELDS = 15;
const OUTCOME_FIELDS = FACTS_FIELDS + 12;
const FIRST_FACTS_FIELDS = 14;
const FIRST_OUTCOME_FIELDS = FIRST_FACTS_FIELDS + 11;
const USAGE_FIELDS = 8;
const MEDIA_FIELDS = 7;

export function encodeFactsJson(facts: AttemptFacts): string {
  return JSON.stringify(listFacts(facts));
}

export function encodeOutcomeJson(outcome: AttemptOutcome): string {
  const fields = listFacts(outcome);
  fields.push(
    ATTEMPT_STATES.has(outcome.state) ? outcome.state : 'unknown',
    keepFinite(outcome.status),
    outcome.errorCode,
    listUsage(outcome.usage),
    outcome.extra.map((extra) => [extra.kind, extra.model, listUsage(extra.usage)]),
    outcome.priceVersion,
    outcome.standardCost.toString(),
    outcome.actualCost.toString(),
    keepFinite(outcome.durationMs),
    outcome.firstTokenMs === null ? null : keepFinite(outcome.firstTokenMs),
    outcome.upstreamRequestId,
    outcome.media === null ? null : listMedia(outcome.media),
  );
  return JSON.stringify(fields);
}

/** null = this text is no facts of a version that we know. */
export function decodeFactsJson(text: string): AttemptFacts | null {
  return decodeFields(text, FACTS_FIELDS, FIRST_FACTS_FIELDS, readFacts);
}

/** null = this text is no outcome of a version that we know. */
export function decodeOutcomeJson(text: string): AttemptOutcome | null {
  return decodeFields(text, OUTCOME_FIELDS, FIRST_OUTCOME_FIELDS, readOutcome);
}

class ShapeError extends Error {}

function decodeFields<T>(
  text: string,
  count: number,
  firstCount: number,
  read: (fields: unknown[]) => T,
): T | null {
  try {
    const fields: unknown = JSON.parse(text);
    if (!Array.isArray(fields)) return null;
    if (fields[0] === PAYLOAD_VERSION && fields.length === count) return read(fields);
    if (fields[0] !== FIRST_VERSION || fields.length !== firstCount) return null;
    return read(addMissing(fields, firstCount > FIRST_FACTS_FIELDS));
  } catch (error) {
    // JSON.parse and BigInt report with SyntaxError; anything else would be our own fault.
    if (error instanceof SyntaxError || error instanceof ShapeError) return null;
    throw error;
  }
}

/** The fields of version 1 with what later ones added. */
function addMissing(fields: unknown[], isOutcome: boolean): unknown[] {
  const facts = [...fields.slice(0, FIRST_FACTS_FIELDS), null];
  return isOutcome ? [...facts, ...fields.slice(FIRST_FACTS_FIELDS), null] : facts;
}

function listFacts(facts: AttemptFacts): unknown[] {
  return [
    PAYLOAD_VERSION,
    facts.attemptId,
    facts.requestId,
    facts.nodeId,
    keepFinite(facts.atMs),
    facts.userId,
    facts.keyId,
    facts.groupId,
    facts.accountId,
    facts.protocol,
    facts.model,
    facts.upstreamModel,
    facts.stream,
    facts.rateMultiplier.toString(),
    facts.subscriptionId,
  ];
}

function readFacts(fields: unknown[]): AttemptFacts {
  return {
    attemptId: readText(fields[1]) as AttemptFacts['attemptId'],
    requestId: readText(fields[2]) as AttemptFacts['requestId'],
    nodeId: readText(fields[3]) as AttemptFacts['nodeId'],
    atMs: readNumber(fields[4]),
    userId: readText(fields[5]) as AttemptFacts['userId'],
    keyId: readText(fields[6]) as AttemptFacts['keyId'],
    groupId: readText(fields[7]) as AttemptFacts['groupId'],
    accountId: readText(fields[8]) as AttemptFacts['accountId'],
    protocol: readText(fields[9]) as AttemptFacts['protocol'],
    model: readText(fields[10]),
    upstreamModel: readText(fields[11]),
    stream: fields[12] === true,
    rateMultiplier: BigInt(readText(fields[13])) as AttemptFacts['rateMultiplier'],
    subscriptionId: readNullable(fields[14], readText) as AttemptFacts['subscriptionId'],
  };
}

function readOutcome(fields: unknown[]): AttemptOutcome {
  const rest = fields.slice(FACTS_FIELDS);
  if (!ATTEMPT_STATES.has(rest[0])) throw new ShapeError('state');
  return {
    ...readFacts(fields),
    state: rest[0] as AttemptOutcome['state'],
    status: readNumber(rest[1]),
    errorCode: readNullable(rest[2], readText),
    usage: readUsage(rest[3]),
    extra: readList(rest[4]).map(readExtra),
    priceVersion: readNullable(rest[5], readText),
    standardCost: BigInt(readText(rest[6])) as AttemptOutcome['standardCost'],
    actualCost: BigInt(readText(rest[7])) as AttemptOutcome['actualCost'],
    durationMs: readNumber(rest[8]),
    firstTokenMs: readNullable(rest[9], readNumber),
    upstreamRequestId: readNullable(rest[10], readText),
    media: readNullable(rest[11], readMedia),
  };
}

/** JSON has no word for these: figures out of range stand for them, which whoever books the attempt mends and reports. */
function keepFinite(value: number): number {
  if (Number.isFinite(value)) return value;
  return value > 0 ? Number.MAX_SAFE_INTEGER : -1;
}

function listUsage(usage: TokenUsage): number[] {
  return [
    keepFinite(usage.inputTokens),
    keepFinite(usage.cacheReadTokens),
    keepFinite(usage.cacheWrite5mTokens),
    keepFinite(usage.cacheWrite1hTokens),
    keepFinite(usage.outputTokens),
    keepFinite(usage.reasoningTokens),
    keepFinite(usage.toolPromptTokens),
    keepFinite(usage.webSearchRequests),
  ];
}

function readUsage(value: unknown): TokenUsage {
  const fields = readList(value);
  if (fields.length !== USAGE_FIELDS) throw new ShapeError('usage');
  return {
    inputTokens: readNumber(fields[0]),
    cacheReadTokens: readNumber(fields[1]),
    cacheWrite5mTokens: readNumber(fields[2]),
    cacheWrite1hTokens: readNumber(fields[3]),
    outputTokens: readNumber(fields[4]),
    reasoningTokens: readNumber(fields[5]),
    toolPromptTokens: readNumber(fields[6]),
    webSearchRequests: readNumber(fields[7]),
  };
}

function listMedia(media: MediaUsage): number[] {
  return [
    keepFinite(media.audioInputTokens),
    keepFinite(media.audioOutputTokens),
    keepFinite(media.imageInputTokens),
    keepFinite(media.imageOutputTokens),
    keepFinite(media.images1k),
    keepFinite(media.images2k),
    keepFinite(media.images4k),
  ];
}

function readMedia(value: unknown): MediaUsage {
  const fields = readList(value);
  if (fields.length !== MEDIA_FIELDS) throw new ShapeError('media');
  return {
    audioInputTokens: readNumber(fields[0]),
    audioOutputTokens: readNumber(fields[1]),
    imageInputTokens: readNumber(fields[2]),
    imageOutputTokens: readNumber(fields[3]),
    images1k: readNumber(fields[4]),
    images2k: readNumber(fields[5]),
    images4k: readNumber(fields[6]),
  };
}

function readExtra(value: unknown): ExtraUsage {
  const fields = readList(value);
  return {
    kind: readText(fields[0]),
    model: readNullable(fields[1], readText),
    usage: readUsage(fields[2]),
  };
}

function readList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new ShapeError('list');
  return value;
}

function readText(value: unknown): string {
  if (typeof value !== 'string') throw new ShapeError('text');
  return value;
}

function readNumber(value: unknown): number {
  if (typeof value !== 'number') throw new ShapeError('number');
  return value;
}

function readNullable<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null ? null : read(value);
}
