import { describeError, mapDialError, readCode } from '../map-dial-error.ts';
import type { UpstreamFault } from '../port.ts';

type FaultKind = UpstreamFault['kind'];

/** By `code`, once the request was on a connection. Everything else that happens there is a `reset`. */
const PROTOCOL_CODES = new Set([
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INVALID_ARG',
]);
/** undici has no code for these: an answer nobody asked for, `100 Continue`, an upgrade. */
const PROTOCOL_MESSAGES = new Set(['bad response', 'bad upgrade']);

/** `hasStarted`: the request had a connection to be written on. */
export function mapUndiciError(error: Error, hasStarted: boolean): UpstreamFault {
  const code = readCode(error);
  const kind = hasStarted ? mapRunningError(code, error) : mapConnectError(code, error);
  return { kind, detail: describeError(error), isStaleSocket: false };
}

function mapConnectError(code: string, error: Error): FaultKind {
  // Our own request was not valid; dialled or not, no upstream could take it.
  if (code === 'UND_ERR_INVALID_ARG' || code === 'ERR_INVALID_URL') return 'protocol';
  return mapDialError(error);
}

function mapRunningError(code: string, error: Error): FaultKind {
  // undici 8.12 leaves the parser's errors without a code, so they are known by name.
  if (error.name === 'HTTPParserError') {
    // The connection ended inside a chunked body: broken, not ill-formed.
    return error.message.includes('Invalid EOF state') ? 'reset' : 'protocol';
  }
  return PROTOCOL_CODES.has(code) || PROTOCOL_MESSAGES.has(error.message) ? 'protocol' : 'reset';
}
