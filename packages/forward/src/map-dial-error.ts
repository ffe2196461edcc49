import type { UpstreamFault } from './port.ts';

const CONNECT_TIMEOUT_CODES = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const DETAIL_CHARS_MAX = 300;

/** What an error means that came before there was a connection. */
export function mapDialError(error: Error): UpstreamFault['kind'] {
  const codes = [readCode(error), ...readInnerCodes(error)];
  if (codes.includes('ERR_OUTBOUND_FORBIDDEN')) return 'forbidden-address';
  return codes.some((each) => CONNECT_TIMEOUT_CODES.has(each)) ? 'connect-timeout' : 'refused';
}

/** For the log: code and message, cut. */
export function describeError(error: Error): string {
  const code = readCode(error);
  return `${code === '' ? error.name : code}: ${error.message}`.slice(0, DETAIL_CHARS_MAX);
}

/** '' = none. */
export function readCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Several addresses were dialled in vain: node's AggregateError. */
function readInnerCodes(error: Error): string[] {
  return error instanceof AggregateError ? error.errors.map(readCode) : [];
}
