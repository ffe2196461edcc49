import { createHash, hash } from 'node:crypto';
import type { ContentReader, TextBlock } from './content-reader.ts';
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

const NO_TEXTS: readonly TextBlock[] = [];
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
  reader: ContentReader,
): SessionToken | null {
  const systemTexts = system === null ? NO_TEXTS : selectLasting(body, reader.readContent(system).texts);
  const markedInSystem = selectMarked(systemTexts);
  if (markedInSystem.length > 0) return hashBlocks(body, markedInSystem);
  const userTexts = selectLasting(body, readFirstUserTexts(reader, messages));
  const markedByUser = selectMarked(userTexts);
  if (markedByUser.length > 0) return hashBlocks(body, markedByUser);
  const texts = systemTexts.length > 0 ? systemTexts : userTexts;
  return texts.length > 0 ? hashBlocks(body, texts) : null;
}

/** Empty texts tell nothing apart. */
function selectLasting(body: Buffer, blocks: readonly TextBlock[]): readonly TextBlock[] {
  for (const block of blocks)
    if (!isLasting(body, block)) return blocks.filter((each) => isLasting(body, each));
  return blocks;
}

function isLasting(body: Buffer, { text: { start, end } }: TextBlock): boolean {
  if (end <= start) return false;
  for (let index = 0; index < BILLING_HEADER.length; index += 1)
    if (body[start + index] !== BILLING_HEADER[index]) return true;
  return false;
}

function selectMarked(blocks: readonly TextBlock[]): readonly TextBlock[] {
  for (const { isMarked } of blocks) if (isMarked) return blocks.filter((each) => each.isMarked);
  return NO_TEXTS;
}

function readFirstUserTexts(reader: ContentReader, messages: ByteRange): readonly TextBlock[] {
  let texts: readonly TextBlock[] = NO_TEXTS;
  reader.readMessages(messages, ({ role, content }) => {
    if (role === 'user') ({ texts } = content);
    return role !== 'user';
  });
  return texts;
}

function hashBlocks(body: Buffer, blocks: readonly TextBlock[]): SessionToken {
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return hashText(body, only.text);
  return hashTexts(
    body,
    blocks.map(({ text }) => text),
  );
}

/** The token of the raw JSON bytes of texts, at least one; two texts never read like one. */
export function hashTexts(body: Buffer, texts: readonly ByteRange[]): SessionToken {
  const [first, ...others] = texts;
  if (first === undefined) throw new RangeError('no text to hash');
  if (others.length === 0) return hashText(body, first);
  const digest = createHash('sha256').update(body.subarray(first.start, first.end));
  for (const { start, end } of others) digest.update(TEXT_END).update(body.subarray(start, end));
  return TEXT_PREFIX + digest.digest('hex');
}

/** The one-shot hash takes half the time of a hash object for the usual single text. */
function hashText(body: Buffer, { start, end }: ByteRange): SessionToken {
  return TEXT_PREFIX + hash('sha256', body.subarray(start, end), 'hex');
}
