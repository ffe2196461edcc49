import { z } from 'zod';

const HEADERS_MAX = 32;
const VALUE_CHARACTERS_MAX = 2048;
/** RFC 9110 5.6.2: a field name is a token. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/i;
/** RFC 9110 5.5, ASCII only: a line break would begin another header. */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Credentials, what frames the message, and what belongs to one connection: never an operator's to set. */
const FORBIDDEN = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-goog-api-key',
  // The answer is read on its way: it must come in a coding that the gateway asked for.
  'accept-encoding',
]);

/** ACC-9: values that replace the client's. Names come out in lower case; values are not in messages. */
export const pinnedHeadersField = z
  .record(z.string(), z.string())
  .superRefine((headers, context) => {
    const seen = new Set<string>();
    if (Object.keys(headers).length > HEADERS_MAX) {
      context.addIssue({ code: 'custom', message: `at most ${HEADERS_MAX} headers` });
    }
    for (const [name, value] of Object.entries(headers)) {
      const message = seen.has(name.toLowerCase()) ? 'is there twice' : findProblem(name, value);
      if (message !== null) context.addIssue({ code: 'custom', path: [shownName(name)], message });
      seen.add(name.toLowerCase());
    }
  })
  .overwrite((headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  );

function findProblem(name: string, value: string): string | null {
  if (!NAME.test(name)) return 'is no header name';
  const lower = name.toLowerCase();
  if (FORBIDDEN.has(lower) || lower.startsWith('proxy-')) return 'cannot be pinned';
  if (value.length > VALUE_CHARACTERS_MAX) return `at most ${VALUE_CHARACTERS_MAX} characters`;
  return VALUE.test(value) ? null : 'expected printable ASCII on one line, no spaces at the ends';
}

/** A name that is none may hold anything. */
function shownName(name: string): string {
  return NAME.test(name) ? name : '(name)';
}
