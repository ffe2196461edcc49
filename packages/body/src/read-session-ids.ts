import { createHash, hash } from 'node:crypto';
import { ContentReader, type TextBlock } from './content-reader.ts';
import { decodeJsonString } from './decode-json-value.ts';
import type { ByteRange } from './scan-object-fields.ts';

/**
 * A session's name, made of what the client sent. Bounded and printable whatever that was, since it goes into
 * store keys and logs: `id:` + a UUID in lower case or a short plain id as it came, `id-sha256:` + the hash of any
 * other id, `text-sha256:` + the hash of a text of the prompt.
 */
export type SessionToken = string;

/** What a body says about its session, by SESS-1's order; a later one is null when an earlier one is there. */
export interface BodySession {
  /** From `metadata.user_id`. */
  user: SessionToken | null;
  promptCacheKey: SessionToken | null;
  /** Of the text marked for caching, else of the system text, else of the first user message. */
  text: SessionToken | null;
}

const TEXT_PREFIX = 'text-sha256:';
const UUID_LENGTH = 36;
/** Before the UUID in `user_<hash>_account_<uuid or nothing>_session_<uuid>`, Claude Code up to 2.0. */
const SESSION_MARK = '_session_';
const WHOLE_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PLAIN_ID = /^[\w.-]{1,64}$/;
/** 64 characters, each of up to six bytes (`\u0041`), and two quotes. */
const PLAIN_ID_TOKEN_BYTES_MAX = 64 * 6 + 2;
/** Claude Code's first system block; its end changes with each prompt. */
const BILLING_HEADER = Buffer.from('x-anthropic-billing-header:');
/** No byte of a JSON text, so that two texts never read like one. */
const TEXT_END = Buffer.from([0]);

/** The client named no session: two conversations that begin alike have this token both. */
export function isTextSession(token: SessionToken): boolean {
  return token.startsWith(TEXT_PREFIX);
}

/** Any id that a client chose as a token; null for the empty one. */
export function buildIdToken(id: string): SessionToken | null {
  if (id === '') return null;
  if (WHOLE_UUID.test(id)) return `id:${id.toLowerCase()}`;
  return PLAIN_ID.test(id) ? `id:${id}` : `id-sha256:${hash('sha256', id, 'hex')}`;
}

/**
 * The session in a decoded `metadata.user_id`, in the three forms that Claude Code has used: a UUID behind
 * `_session_` (with and without an account's UUID before it), or JSON with `session_id`. null = none of them.
 */
export function readUserIdSession(userId: string): SessionToken | null {
  const uuid = userId.slice(-UUID_LENGTH);
  if (userId.endsWith(SESSION_MARK, userId.length - UUID_LENGTH) && WHOLE_UUID.test(uuid)) {
    return `id:${uuid.toLowerCase()}`;
  }
  if (!/^\s*\{/.test(userId)) return null;
  try {
    const { session_id: id } = JSON.parse(userId) as { session_id?: unknown };
    return typeof id === 'string' ? buildIdToken(id) : null;
  } catch {
    return null;
  }
}

/** An id that is long or not plain is hashed as it stands in the JSON: no large string is built. */
export function readIdToken(body: Buffer, range: ByteRange | null): SessionToken | null {
  if (range === null || body[range.start] !== 0x22 || range.end - range.start === 2) return null;
  const id = decodeJsonString(body, range, PLAIN_ID_TOKEN_BYTES_MAX);
  if (id !== null && PLAIN_ID.test(id)) return buildIdToken(id);
  return `id-sha256:${hash('sha256', body.subarray(range.start + 1, range.end - 1), 'hex')}`;
}

/**
 * The hash of the raw JSON bytes of a text: the marked blocks of `system`; else the marked blocks of the first user
 * message (marks in later ones move on with each turn, and would make each turn a session of its own); else the
 * system text without Claude Code's billing line; else the first user message's texts. null = there is no text.
 */
export function readTextSession(
  body: Buffer,
  system: ByteRange | null,
  messages: ByteRange,
): SessionToken | null {
  const reader = new ContentReader(body);
  const systemTexts = system === null ? [] : selectLasting(body, reader.readContent(system).texts);
  const markedInSystem = systemTexts.filter(({ isMarked }) => isMarked);
  if (markedInSystem.length > 0) return hashBlocks(body, markedInSystem);
  const userTexts = selectLasting(body, readFirstUserTexts(reader, messages));
  const markedByUser = userTexts.filter(({ isMarked }) => isMarked);
  const texts = [markedByUser, systemTexts, userTexts].find(({ length }) => length > 0);
  return texts === undefined ? null : hashBlocks(body, texts);
}

/** Empty texts tell nothing apart. */
function selectLasting(body: Buffer, blocks: readonly TextBlock[]): TextBlock[] {
  return blocks.filter(({ text: { start, end } }) => {
    return end > start && !body.subarray(start, start + BILLING_HEADER.length).equals(BILLING_HEADER);
  });
}

function readFirstUserTexts(reader: ContentReader, messages: ByteRange): TextBlock[] {
  let texts: TextBlock[] = [];
  reader.readMessages(messages, ({ role, content }) => {
    if (role === 'user') ({ texts } = content);
    return role !== 'user';
  });
  return texts;
}

function hashBlocks(body: Buffer, blocks: readonly TextBlock[]): SessionToken {
  return hashTexts(
    body,
    blocks.map(({ text }) => text),
  );
}

/** The token of the raw JSON bytes of texts, at least one; two texts never read like one. */
export function hashTexts(body: Buffer, texts: readonly ByteRange[]): SessionToken {
  const [first, ...others] = texts.map(({ start, end }) => body.subarray(start, end));
  // The one-shot hash takes half the time of a hash object for the usual single text.
  if (first !== undefined && others.length === 0) return TEXT_PREFIX + hash('sha256', first, 'hex');
  const digest = createHash('sha256').update(first ?? TEXT_END);
  for (const part of others) digest.update(TEXT_END).update(part);
  return TEXT_PREFIX + digest.digest('hex');
}
