/** `more`: the bytes so far fit a message_start, and fit other events too. */
export type EventHead = 'message-start' | 'other' | 'more';

/** An event whose first lines say nothing within so many bytes is passed on as it is. */
export const EVENT_HEAD_BYTES_MAX = 512;

const MESSAGE_START = 'message_start';
const DATA_PREFIX = '{"type":"message_start"';

/**
 * Tells from the first bytes of an SSE event (latin1) whether it is Anthropic's `message_start`: by its
 * `event:` line, or, where `data:` comes first, by the beginning of its JSON.
 */
export function classifyEventHead(head: string): EventHead {
  let from = head.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
  while (from < EVENT_HEAD_BYTES_MAX) {
    const end = findLineEnd(head, from);
    const line = end === -1 ? head.slice(from) : head.slice(from, end);
    const verdict = classifyLine(line, end !== -1);
    if (verdict !== 'skip') return verdict;
    from = end + 1;
  }
  return 'other';
}

function findLineEnd(head: string, from: number): number {
  for (let at = from; at < head.length; at += 1) {
    const unit = head.charCodeAt(at);
    if (unit === 0x0a || unit === 0x0d) return at;
  }
  return -1;
}

/** `skip`: a whole line that says nothing: a comment, an id, the LF of a CRLF. */
function classifyLine(line: string, complete: boolean): EventHead | 'skip' {
  if (line.startsWith('event:'))
    return comparePrefix(line.slice(6).replace(/^ /, ''), MESSAGE_START, complete);
  if (line.startsWith('data:')) {
    const json = line.slice(5).replaceAll(/[ \t]/g, '').slice(0, DATA_PREFIX.length);
    return comparePrefix(json, DATA_PREFIX, complete || json.length === DATA_PREFIX.length);
  }
  return complete ? 'skip' : 'more';
}

function comparePrefix(text: string, wanted: string, complete: boolean): EventHead {
  if (complete) return text === wanted ? 'message-start' : 'other';
  return wanted.startsWith(text) ? 'more' : 'other';
}
