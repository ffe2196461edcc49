/** A call of a client's tool. An input that is text makes it a freeform call, which only Responses has. */
export interface SimulatedToolCall {
  name: string;
  input: Record<string, unknown> | string;
}

/**
 * How the simulator misbehaves for one request. Everything left out behaves. Times in ms, sizes in bytes.
 * A script reaches the simulator through a gateway as the account's API key (`buildScriptKey`), as
 * `metadata.user_id` (`sim:<json>`), directly as the header `x-sim`, or from the test by `setScript`.
 */
export interface Script {
  /** With a status of 400 and above and no `body`, the body is the provider's own error shape. */
  status?: number;
  headers?: Record<string, string>;
  /** Text goes as it is, anything else as JSON. */
  body?: unknown;
  /** The whole body as recorded; from JSON: `bytesBase64`. Content type from `headers`, else SSE. */
  bytes?: Buffer;
  bytesBase64?: string;
  /** What the model says, instead of the echo. */
  text?: string;
  /** The model calls these tools, after `text` where that is given, and ends its turn. */
  toolCalls?: SimulatedToolCall[];
  /** Replaces or adds fields of the final usage; in streams message_delta has the last word, as in life. */
  usage?: Record<string, unknown>;
  /** Before the status line. */
  delayHeadersMs?: number;
  /** Before each event but the first. */
  delayEventsMs?: number;
  /** This many events, then silence on an open socket. */
  stallAfterEvents?: number;
  /** This many events, then an error event and the end, without message_stop. 0 = as the first event. */
  errorEventAfter?: number;
  /** OpenAI's and Google's error event stands for this status; 503 by default. */
  errorStatus?: number;
  /** The type of the error event or of the error body; overloaded_error by default in events. */
  errorType?: string;
  /** Each write carries this many bytes; 1 splits every UTF-8 character. */
  chunkBytes?: number;
  /** The sizes of the writes, one after the other; the rest goes in one. */
  chunkSizes?: number[];
  /** One more text delta with this much text. */
  giantEventBytes?: number;
  /** RST before anything is written. */
  resetBeforeHeaders?: boolean;
  /** RST after this many events. */
  resetAfterEvents?: number;
  /** RST after this much of the body. */
  resetAfterBytes?: number;
  /** States a content-length that is wrong by this much; then the connection closes. */
  wrongContentLength?: number;
  /** Text deltas for ever, until the client leaves; 60 s at most. */
  endless?: boolean;
  /** Never ends the body after its last byte. */
  neverClose?: boolean;
  /** `html`: a page with status 200. `random`: bytes in a good HTTP frame. `not-http`: bytes instead of HTTP. */
  garbage?: 'html' | 'random' | 'not-http';
  /** Only the first so many requests with this script misbehave. */
  failTimes?: number;
  /** Closes the connection after the answer, though it was kept alive: the race of every pool. */
  closeIdle?: boolean;
  /**
   * Responses as the hosts of ChatGPT accounts speak it: 400 unless the request streams, stores nothing and has
   * instructions, or where it has a field that they take from nobody; the end of a stream repeats no items.
   */
  streamOnly?: boolean;
  /** A prepared answer, written in one go: no echo, the same bytes each time. */
  fast?: boolean;
}

const KEY_PREFIX = 'sk-sim-';
const USER_PREFIX = 'sim:';

/** The API key of an account that always behaves like this. */
export function buildScriptKey(script: Script): string {
  return KEY_PREFIX + Buffer.from(JSON.stringify(script)).toString('base64url');
}

/** The `metadata.user_id` of a request that is answered like this. */
export function buildScriptUser(script: Script): string {
  return USER_PREFIX + JSON.stringify(script);
}

/** null: this text carries no script. Throws SyntaxError when it should be one and is not. */
export function parseScript(text: string | undefined): Script | null {
  if (text === undefined) return null;
  if (text.startsWith(KEY_PREFIX)) return parseJson(Buffer.from(text.slice(KEY_PREFIX.length), 'base64url'));
  if (text.startsWith(USER_PREFIX)) return parseJson(text.slice(USER_PREFIX.length));
  return text.startsWith('{') ? parseJson(text) : null;
}

function parseJson(text: string | Buffer): Script {
  const script = JSON.parse(String(text)) as Script | null;
  if (typeof script !== 'object' || script === null) throw new SyntaxError('a script is a JSON object');
  if (script.bytesBase64 !== undefined) script.bytes = Buffer.from(script.bytesBase64, 'base64');
  return script;
}
