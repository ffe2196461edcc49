/** Lower-case names, in order, duplicates kept. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What may pass of one protocol, by lower-case names. Lists of what passes: what is invented next stays here. */
export interface HeaderRules {
  request: ReadonlySet<string>;
  /** Names that begin like this pass too. */
  requestPrefixes: readonly string[];
  /** The one header whose lines are joined by a comma; of any other repeated header the first counts. */
  joined: string;
  response: ReadonlySet<string>;
}

/** Seconds until the *account* may ask again: the upstream sends it with 200 too, where clients must not wait. */
const ERROR_RESPONSE_HEADERS: ReadonlySet<string> = new Set(['retry-after', 'retry-after-ms']);

/** RFC 9110 §7.6.1, and what older proxies take for one of them. Names listed in `connection` come on top. */
const HOP_BY_HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110 §5.5: a value with CR, LF or NUL could smuggle a header (or a request) upstream. */
const UNSAFE_VALUE = /[\r\n\0]/;
/** No field-content of RFC 9110 §5.5: HTTP clients refuse to send it, so with it no account could be reached. */
const UNSENDABLE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** The client's headers that go upstream. */
export function selectRequestHeaders(headers: HeaderList, rules: HeaderRules): Record<string, string> {
  const dropped = parseConnectionNames(headers);
  const selected: Record<string, string> = {};
  for (const header of headers) {
    const name = header[0];
    const value = header[1];
    if (!isRequestHeaderAllowed(name, rules) || dropped.has(name) || UNSENDABLE_VALUE.test(value)) continue;
    const earlier = selected[name];
    if (earlier === undefined) selected[name] = value;
    else if (name === rules.joined) selected[name] = mergeFlags(earlier, value);
  }
  return selected;
}

/** The upstream's headers that go to the client. `status`: retry hints pass on errors only. */
export function selectResponseHeaders(
  headers: Readonly<Record<string, string>>,
  status: number,
  rules: HeaderRules,
): Record<string, string> {
  const { connection } = headers;
  const dropped = connection === undefined ? NO_NAMES : parseNames(connection);
  const selected: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const isAllowed = rules.response.has(name) || (status >= 400 && ERROR_RESPONSE_HEADERS.has(name));
    if (!isAllowed || dropped.has(name)) continue;
    const value = headers[name] ?? '';
    if (!UNSAFE_VALUE.test(value)) selected[name] = value;
  }
  return selected;
}

function isRequestHeaderAllowed(name: string, { request, requestPrefixes }: HeaderRules): boolean {
  if (HOP_BY_HOP_HEADERS.has(name)) return false;
  if (request.has(name)) return true;
  for (const prefix of requestPrefixes) if (name.startsWith(prefix)) return true;
  return false;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function parseConnectionNames(headers: HeaderList): ReadonlySet<string> {
  let names: string | null = null;
  for (const header of headers) {
    if (header[0] === 'connection') names = names === null ? header[1] : `${names},${header[1]}`;
  }
  return names === null ? NO_NAMES : parseNames(names);
}

function parseNames(list: string): ReadonlySet<string> {
  // Nearly all say one of these, which name no header that could pass.
  if (list === 'keep-alive' || list === 'close') return NO_NAMES;
  return new Set(list.split(',').map((name) => name.trim().toLowerCase()));
}

/** Comma lists in one, each flag once. */
export function mergeFlags(...lists: string[]): string {
  const flags = lists.flatMap((list) => list.split(',')).map((flag) => flag.trim());
  return [...new Set(flags.filter((flag) => flag !== ''))].join(',');
}
