/** Lower-case names, in order, duplicates kept. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * What may pass of one protocol, by lower-case names. Lists of what passes: what is invented next stays here, and what
 * belongs to one connection (RFC 9110 §7.6.1) is in none of them.
 */
export interface HeaderRules {
  request: ReadonlySet<string>;
  /** Names that begin like this pass too. */
  requestPrefixes: readonly string[];
  /** The one header whose lines are joined by a comma; of any other repeated header the first counts. */
  joined: string;
  response: readonly string[];
}

/** Seconds until the *account* may ask again: the upstream sends it with 200 too, where clients must not wait. */
const ERROR_RESPONSE_HEADERS: readonly string[] = ['retry-after', 'retry-after-ms'];

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
    if (!isRequestHeaderAllowed(name, rules) || dropped?.has(name) === true || UNSENDABLE_VALUE.test(value))
      continue;
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
  const dropped = connection === undefined ? null : parseNames(connection);
  const selected: Record<string, string> = {};
  addSafe(selected, rules.response, headers, dropped);
  if (status >= 400) addSafe(selected, ERROR_RESPONSE_HEADERS, headers, dropped);
  return selected;
}

function addSafe(
  selected: Record<string, string>,
  names: readonly string[],
  headers: Readonly<Record<string, string>>,
  dropped: ReadonlySet<string> | null,
): void {
  for (const name of names) {
    const value = headers[name];
    if (value === undefined || dropped?.has(name) === true || UNSAFE_VALUE.test(value)) continue;
    selected[name] = value;
  }
}

function isRequestHeaderAllowed(name: string, { request, requestPrefixes }: HeaderRules): boolean {
  if (request.has(name)) return true;
  for (const prefix of requestPrefixes) if (name.startsWith(prefix)) return true;
  return false;
}

/** null = none. */
function parseConnectionNames(headers: HeaderList): ReadonlySet<string> | null {
  let names: string | null = null;
  for (const header of headers) {
    if (header[0] === 'connection') names = names === null ? header[1] : `${names},${header[1]}`;
  }
  return names === null ? null : parseNames(names);
}

/** null = none that could pass. */
function parseNames(list: string): ReadonlySet<string> | null {
  // Nearly all say one of these.
  if (list === 'keep-alive' || list === 'close') return null;
  return new Set(list.split(',').map((name) => name.trim().toLowerCase()));
}

/** Comma lists in one, each flag once. */
export function mergeFlags(...lists: string[]): string {
  const flags = lists.flatMap((list) => list.split(',')).map((flag) => flag.trim());
  return [...new Set(flags.filter((flag) => flag !== ''))].join(',');
}
