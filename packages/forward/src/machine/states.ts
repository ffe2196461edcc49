/**
 * The life of one attempt on one upstream, as data. No I/O, no bytes, no clock: the driver (`src/attempt`) says
 * what happened, the table says where that leads and what is to be done.
 *
 * Invariants (the tests number them the same way):
 *  1. An attempt ends exactly once: one `end-…` effect over any sequence of events.
 *  2. Nothing goes to the client before the first content of a stream (or an overfull prelude, or its end);
 *     a plain answer goes out only whole, gathered from a stream or not.
 *  3. After something went to the client there is no `end-retry`, `end-error` or `end-json`.
 *  4. The owner is told of the end (`announce`) before the bytes of the end are written, and only once.
 *  5. The upstream call is closed exactly once: by its own end or fault, or by `abort`, never by both.
 *  6. After the client has left nothing is written, and the upstream is aborted; where the answer is read on for its
 *     usage, the driver throws away what the table says is to be written.
 *  7. Once the answer is whole, no fault of the upstream harms it.
 *  8. A request is sent again at most once, and only when its first connection was stale.
 *  9. `closed` is final.
 */
export const STATES = [
  /** The request is on its way; no header has come. */
  'sending',
  /** The same, on a fresh connection, after a stale one. */
  'resending',
  /** An answer that is no success: its body is read for the verdict. */
  'collecting-error',
  /** A plain answer: nothing goes out before it is whole. */
  'collecting-json',
  /** A stream that becomes a plain answer: what it says is kept, and nothing goes out before it is whole. */
  'gathering',
  /** That answer is whole: as in `ending`, its stream may end in peace, or begin a second message. */
  'gathered',
  /** A stream before its first content: its bytes are held back, so that another account can still answer. */
  'holding',
  /** Content has gone out: this attempt is the answer. */
  'relaying',
  /**
   * The message is whole. Its last bytes are held back until the upstream ends, or for a moment: the owner must
   * know the end before the client does, and a second message may follow in the same stream.
   */
  'ending',
  /**
   * Content has come, and then the upstream's own error. Its bytes, and what the upstream still says of its failure,
   * are held back until it ends, or for a moment: some protocols tell it in two events, or close a frame behind it.
   */
  'failing',
  'closed',
] as const;
export type State = (typeof STATES)[number];

export const EVENTS = [
  'stream-headers',
  'json-headers',
  /** A stream, where a plain answer is to be made of it. */
  'gather-headers',
  'error-headers',
  /** Bytes without news. */
  'bytes',
  /** Bytes with the first content of the stream. */
  'content',
  /** Bytes with the end of the stream's message. */
  'complete',
  /** Bytes with an error event, before any content. */
  'early-error',
  /** Bytes with an error event, after content (which may be in the same bytes). */
  'late-error',
  /** Bytes or headers that are no answer of this protocol. */
  'bad-answer',
  /** Bytes that do not fit what may be kept. */
  'overflow',
  /** The upstream ended, and what was collected is a whole plain answer. */
  'whole-json',
  /** The upstream ended its stream, and the message in it is whole. */
  'whole-stream',
  /** The upstream stays silent after all that its message owes, in a protocol whose end is the close. */
  'silent-end',
  /** The upstream ended its answer. */
  'end',
  /** The connection broke. */
  'fault',
  /** The connection broke as a stale one does (see UpstreamFault). */
  'stale-socket',
  'deadline',
  'client-left',
] as const;
export type Event = (typeof EVENTS)[number];

export type Effect =
  /** Send the request again on a fresh connection. */
  | 'resend'
  /** Keep the present bytes. */
  | 'hold'
  /** Write what was held and the present bytes; begins the client's stream where it has not begun. */
  | 'flush'
  /** Write the present bytes. */
  | 'relay'
  /** Tell the owner that the bytes which end the answer come next. */
  | 'announce'
  /** The same, of an error event of the upstream. */
  | 'announce-error'
  /** Cut the upstream call. */
  | 'abort'
  | 'end-answered'
  | 'end-json'
  /** By status and body: the client's own error, or a failure of the account. */
  | 'end-error'
  | 'end-retry'
  | 'end-broken'
  | 'end-left';

export interface Transition {
  to: State;
  effects: readonly Effect[];
}
