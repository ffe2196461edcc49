import {
  LINE_FIELDS,
  LINE_FIELDS_ADDED,
  LINE_MARK,
  LINE_MARK_BEFORE,
  LINE_MEDIA_FIELDS,
  type LineField,
} from './attempt-line.ts';
import {
  ATTEMPT_STATES,
  ZERO_MEDIA,
  type AttemptFacts,
  type AttemptOutcome,
  type ExtraUsage,
  type MediaUsage,
  type TokenUsage,
} from './usage.ts';

/** Where the fields of a version stand; null for those it lacks. */
interface LineLayout {
  mark: string;
  index: Partial<Record<LineField, number>>;
  factsFields: number;
  outcomeFields: number;
}

const LAYOUTS = [
  buildLayout(LINE_MARK, LINE_FIELDS),
  buildLayout(
    LINE_MARK_BEFORE,
    LINE_FIELDS.filter((field) => !LINE_FIELDS_ADDED.has(field)),
  ),
];
const NULL = '\\N';
const FIGURE = /^\d{1,19}$/;

function buildLayout(mark: string, fields: readonly LineField[]): LineLayout {
  return {
    mark,
    index: Object.fromEntries(fields.map((field, index) => [field, index])),
    factsFields: fields.indexOf('state'),
    outcomeFields: fields.length,
  };
}

/** True for a line of any version. */
export function isAttemptLine(text: string): boolean {
  return LAYOUTS.some(({ mark }) => text.startsWith(mark));
}

/** null = this is no line of facts that we know. */
export function decodeFactsLine(line: string): AttemptFacts | null {
  return decodeLine(line, 'factsFields', readFacts);
}

/** null = this is no line of an outcome that we know. */
export function decodeOutcomeLine(line: string): AttemptOutcome | null {
  return decodeLine(line, 'outcomeFields', readOutcome);
}

function decodeLine<T>(
  line: string,
  count: 'factsFields' | 'outcomeFields',
  read: (fields: LineReader) => T,
): T | null {
  const layout = LAYOUTS.find(({ mark }) => line.startsWith(mark));
  const fields = line.split('\t');
  if (layout === undefined || fields.length !== layout[count]) return null;
  const reader = new LineReader(fields, layout.index);
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
    subscriptionId: fields.textOrNull('subscriptionId') as AttemptFacts['subscriptionId'],
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
    media: fields.media('media'),
  };
}

/** Reads fields by name; one that is not what it should be makes the whole line unsound. */
class LineReader {
  readonly #fields: readonly string[];
  readonly #index: LineLayout['index'];
  isSound = true;

  constructor(fields: readonly string[], index: LineLayout['index']) {
    this.#fields = fields;
    this.#index = index;
  }

  textOrNull(field: LineField): string | null {
    const text = this.#fields[this.#index[field] ?? this.#fields.length] ?? NULL;
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

  media(field: LineField): MediaUsage | null {
    const text = this.textOrNull(field);
    if (text === null) return null;
    const counts = this.#expect(parseJson(text), isMedia);
    return this.isSound ? { ...ZERO_MEDIA, ...(counts as Partial<MediaUsage>) } : null;
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

function isMedia(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const counts = Object.entries(value);
  return (
    counts.length > 0 &&
    counts.every(([name, count]) => LINE_MEDIA_FIELDS.includes(name as keyof MediaUsage) && isPositive(count))
  );
}

function isPositive(count: unknown): boolean {
  return Number.isInteger(count) && Number(count) > 0;
}

function isUsage(value: Partial<TokenUsage> | undefined): boolean {
  const figures = Object.values(value ?? {});
  return figures.length === 8 && figures.every(Number.isInteger);
}
