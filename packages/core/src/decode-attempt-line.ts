import { LINE_FIELDS, LINE_MARK, type LineField } from './attempt-line.ts';
import {
  ATTEMPT_STATES,
  type AttemptFacts,
  type AttemptOutcome,
  type ExtraUsage,
  type TokenUsage,
} from './usage.ts';

const FACTS_FIELDS = LINE_FIELDS.indexOf('state');
const INDEX = Object.fromEntries(LINE_FIELDS.map((field, index) => [field, index])) as Record<
  LineField,
  number
>;
const NULL = '\\N';
const FIGURE = /^\d{1,19}$/;

/** null = this is no line of facts that we know. */
export function decodeFactsLine(line: string): AttemptFacts | null {
  return decodeLine(line, FACTS_FIELDS, readFacts);
}

/** null = this is no line of an outcome that we know. */
export function decodeOutcomeLine(line: string): AttemptOutcome | null {
  return decodeLine(line, LINE_FIELDS.length, readOutcome);
}

function decodeLine<T>(line: string, count: number, read: (fields: LineReader) => T): T | null {
  const fields = line.split('\t');
  if (!line.startsWith(LINE_MARK) || fields.length !== count) return null;
  const reader = new LineReader(fields);
  const value = read(reader);
  return reader.isSound ? value : null;
}

function readFacts(fields: LineReader): AttemptFacts {
  return {
    attemptId: fields.text('attemptId') as AttemptFacts['attemptId'],
    requestId: fields.text('requestId') as AttemptFacts['requestId'],
    nodeId: fields.text('nodeId') as AttemptFacts['nodeId'],
    atMs: fields.figure('atMs'),
    userId: fields.text('userId') as AttemptFacts['userId'],
    keyId: fields.text('keyId') as AttemptFacts['keyId'],
    groupId: fields.text('groupId') as AttemptFacts['groupId'],
    accountId: fields.text('accountId') as AttemptFacts['accountId'],
    protocol: fields.text('protocol') as AttemptFacts['protocol'],
    model: fields.text('model'),
    upstreamModel: fields.text('upstreamModel'),
    stream: fields.flag('stream'),
    rateMultiplier: fields.amount('rateMultiplier') as AttemptFacts['rateMultiplier'],
  };
}

function readOutcome(fields: LineReader): AttemptOutcome {
  return {
    ...readFacts(fields),
    state: fields.state('state'),
    status: fields.figure('status'),
    errorCode: fields.textOrNull('errorCode'),
    usage: {
      inputTokens: fields.figure('inputTokens'),
      cacheReadTokens: fields.figure('cacheReadTokens'),
      cacheWrite5mTokens: fields.figure('cacheWrite5mTokens'),
      cacheWrite1hTokens: fields.figure('cacheWrite1hTokens'),
      outputTokens: fields.figure('outputTokens'),
      reasoningTokens: fields.figure('reasoningTokens'),
      toolPromptTokens: fields.figure('toolPromptTokens'),
      webSearchRequests: fields.figure('webSearchRequests'),
    },
    extra: fields.extra('extra'),
    priceVersion: fields.textOrNull('priceVersion'),
    standardCost: fields.amount('standardCost') as AttemptOutcome['standardCost'],
    actualCost: fields.amount('actualCost') as AttemptOutcome['actualCost'],
    durationMs: fields.figure('durationMs'),
    firstTokenMs: fields.textOrNull('firstTokenMs') === null ? null : fields.figure('firstTokenMs'),
    upstreamRequestId: fields.textOrNull('upstreamRequestId'),
  };
}

/** Reads fields by name; one that is not what it should be makes the whole line unsound. */
class LineReader {
  readonly #fields: readonly string[];
  isSound = true;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  textOrNull(field: LineField): string | null {
    const text = this.#fields[INDEX[field]] ?? NULL;
    return text === NULL ? null : text;
  }

  text(field: LineField): string {
    return this.#expect(this.textOrNull(field), (text) => text !== null) ?? '';
  }

  figure(field: LineField): number {
    return Number(this.amount(field));
  }

  amount(field: LineField): bigint {
    const text = this.textOrNull(field);
    this.#expect(text, () => text !== null && FIGURE.test(text));
    return this.isSound ? BigInt(text ?? 0) : 0n;
  }

  flag(field: LineField): boolean {
    return this.#expect(this.textOrNull(field), (text) => text === 't' || text === 'f') === 't';
  }

  state(field: LineField): AttemptOutcome['state'] {
    return this.#expect(this.textOrNull(field), (text) =>
      ATTEMPT_STATES.has(text),
    ) as AttemptOutcome['state'];
  }

  extra(field: LineField): ExtraUsage[] {
    const text = this.textOrNull(field);
    const value = text === null ? [] : parseJson(text);
    return this.#expect(value, (list) => Array.isArray(list) && list.every(isExtra)) as ExtraUsage[];
  }

  #expect<T>(value: T, isGood: (value: T) => boolean): T {
    if (!isGood(value)) this.isSound = false;
    return value;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isExtra(value: Partial<ExtraUsage> | null): boolean {
  return (
    typeof value?.kind === 'string' &&
    (value.model === null || typeof value.model === 'string') &&
    isUsage(value.usage)
  );
}

function isUsage(value: Partial<TokenUsage> | undefined): boolean {
  const figures = Object.values(value ?? {});
  return figures.length === 8 && figures.every(Number.isInteger);
}
