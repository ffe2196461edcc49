import { LOWER_N, OPEN_BRACKET } from './ascii.ts';
import { ContentReader, type Message } from './content-reader.ts';
import type { ByteRange, FieldRange } from './scan-object-fields.ts';

/** `warm-up`: the prompt is only `Warmup`; `title`: name this conversation; `topic`: is this a new topic? */
export type WarmUpKind = 'warm-up' | 'title' | 'topic';

export interface WarmUpFields {
  messages: FieldRange;
  system: ByteRange | null;
  tools: FieldRange | null;
}

/** The user's message, an answer's beginning, a system message of the client. */
const MESSAGES_MAX = 3;
/** Housekeeping prompts carry an excerpt of a conversation at most, behind the client's reminders. */
const MESSAGES_BYTES_MAX = 262_144;
/** Their system text has some 2 KB. */
const SYSTEM_BYTES_MAX = 16_384;
/** How far into `messages` the request for a title may begin. */
const TITLE_HEAD_BYTES = 512;

const WARM_UP_TEXT = Buffer.from('Warmup');
/**
 * Parts of the texts below that make a closer look worth its time, as clients write them: without escapes. They are
 * short and begin with what is rare in prose, which a native search finds five times as fast as `title`.
 */
const TITLE_WORDS_IN_PROMPT = Buffer.from('5-10 w');
const TITLE_WORDS_IN_SYSTEM = [Buffer.from('3-7 wo'), Buffer.from('2-3 wo')];

const REMINDER = Buffer.from('<system-reminder>');
const PREFILL = Buffer.from('{');
/** Claude Code up to 2.0, as the user's message. */
const TITLE_REQUEST = Buffer.from('Please write a 5-10 word title for the following conversation');
/** Claude Code 2.1, as a system block, with a JSON schema for the answer. */
const TITLE_INSTRUCTION = Buffer.from(
  'Generate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session',
);
/** Claude Code 1.0 and 2.0, as a system block; from 2.0 the request ends with an assistant's `{`. */
const TOPIC_INSTRUCTION = Buffer.from(
  'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title',
);

/**
 * [WARM-1] Whether a request is only a client's housekeeping, of a body that a scan has accepted. Told by
 * structure, so that a user who writes about it is not cut off: one user message of nothing but text, and
 * - `warm-up`: its only text beside `<system-reminder>`s is exactly `Warmup`;
 * - `title`, `topic`: no tools; the instruction begins a system text, or (title) the first of those user texts.
 * Spelled with needless escapes it is not recognised, and goes to the upstream.
 */
export function detectWarmUp(body: Buffer, fields: WarmUpFields): WarmUpKind | null {
  const { messages } = fields;
  if (messages.elements < 1 || messages.elements > MESSAGES_MAX) return null;
  if (messages.end - messages.start > MESSAGES_BYTES_MAX) return null;
  const mayBeWarmUp = hasWord(body, messages.start, messages.end, WARM_UP_TEXT);
  const mayBeTitle = !hasTools(body, fields.tools) && hasTitleWord(body, fields);
  if (!mayBeWarmUp && !mayBeTitle) return null;
  return detectKind(body, fields, mayBeTitle);
}

function hasTools(body: Buffer, tools: FieldRange | null): boolean {
  if (tools === null || body[tools.start] === LOWER_N) return false;
  return body[tools.start] !== OPEN_BRACKET || tools.elements > 0;
}

function hasTitleWord(body: Buffer, { messages, system }: WarmUpFields): boolean {
  const headEnd = Math.min(messages.end, messages.start + TITLE_HEAD_BYTES);
  if (hasWord(body, messages.start, headEnd, TITLE_WORDS_IN_PROMPT)) return true;
  if (system === null || system.end - system.start > SYSTEM_BYTES_MAX) return false;
  return TITLE_WORDS_IN_SYSTEM.some((words) => hasWord(body, system.start, system.end, words));
}

function hasWord(body: Buffer, start: number, end: number, word: Buffer): boolean {
  return body.subarray(start, end).includes(word);
}

function detectKind(
  body: Buffer,
  { messages, system }: WarmUpFields,
  mayBeTitle: boolean,
): WarmUpKind | null {
  const reader = new ContentReader(body);
  const prompt = readOnlyPrompt(body, reader, messages);
  if (prompt === null) return null;
  const [words, ...others] = prompt;
  if (words !== undefined && others.length === 0 && equals(body, words, WARM_UP_TEXT)) return 'warm-up';
  if (!mayBeTitle) return null;
  if (words !== undefined && startsWith(body, words, TITLE_REQUEST)) return 'title';
  const { texts } = system === null ? { texts: [] } : reader.readContent(system);
  if (texts.some(({ text }) => startsWith(body, text, TITLE_INSTRUCTION))) return 'title';
  return texts.some(({ text }) => startsWith(body, text, TOPIC_INSTRUCTION)) ? 'topic' : null;
}

/** The first message's texts without reminders; null unless it is the user's, only text, and the only one that speaks. */
function readOnlyPrompt(body: Buffer, reader: ContentReader, range: ByteRange): ByteRange[] | null {
  const messages: Message[] = [];
  reader.readMessages(range, (message) => messages.push(message) > 0);
  const [first, ...others] = messages;
  if (first?.role !== 'user' || !first.content.isTextOnly) return null;
  if (!others.every((message) => isSilent(body, message))) return null;
  return first.content.texts.map(({ text }) => text).filter((text) => !startsWith(body, text, REMINDER));
}

function isSilent(body: Buffer, { role, content: { texts, isTextOnly } }: Message): boolean {
  if (role === 'system') return true;
  const [text, ...others] = texts;
  if (role !== 'assistant' || !isTextOnly || text === undefined || others.length > 0) return false;
  return equals(body, text.text, PREFILL);
}

function startsWith(body: Buffer, { start, end }: ByteRange, words: Buffer): boolean {
  return end - start >= words.length && body.subarray(start, start + words.length).equals(words);
}

function equals(body: Buffer, { start, end }: ByteRange, words: Buffer): boolean {
  return end - start === words.length && startsWith(body, { start, end }, words);
}
