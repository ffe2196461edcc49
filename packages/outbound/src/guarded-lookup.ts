import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** `code` of the error that a guarded connection ends with. */
export const FORBIDDEN_CODE = 'ERR_OUTBOUND_FORBIDDEN';

export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
  readonly code = FORBIDDEN_CODE;
  constructor(hostname: string) {
    super(`the outbound guard allows no address of ${hostname}`);
  }
}

/** The system's resolver, in the one form that is used. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for net, tls and undici. The addresses that were checked are the ones that are dialled, so a
 * name that changes its mind between check and dial (DNS rebinding) gains nothing. Forbidden addresses are
 * taken out of the answer: a name with a public and a private address is dialled at the public one. None left:
 * an error with code ERR_OUTBOUND_FORBIDDEN. IP literals never get here: node dials them without a lookup.
 */
export function createGuardedLookup(
  policy: { isAllowedAddress(address: string): boolean },
  resolveAll: ResolveAll = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolveAll(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = addresses.filter((entry) => policy.isAllowedAddress(entry.address));
      const [first] = allowed;
      if (first === undefined) return callback(new ForbiddenAddressError(hostname), '');
      if (options.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
