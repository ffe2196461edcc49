/** `code` of what a proxy did wrong, or of a proxy that cannot be reached. */
export const PROXY_CODE = 'ERR_PROXY';

/** Holds neither the proxy's address nor its credentials: the text goes to logs. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: string;

  constructor(message: string, code: string = PROXY_CODE) {
    super(message);
    this.code = code;
  }
}

/**
 * What an error on the way to the proxy means. Only the code is kept: node's messages name addresses, and undici
 * takes some codes (a certificate for another name, a lost socket) for the target's own, and tries for ever.
 */
export function mapProxyFault(error: unknown): Error {
  if (error instanceof ProxyError) return error;
  const codes = [readCode(error), ...(error instanceof AggregateError ? error.errors.map(readCode) : [])];
  const isTimeout = codes.includes('ETIMEDOUT');
  const told = codes.find((code) => code !== '') ?? 'no code';
  return new ProxyError(`the proxy cannot be used: ${told}`, isTimeout ? 'ETIMEDOUT' : PROXY_CODE);
}

function readCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
