const PREFIX = /^(?:msg|chatcmpl|resp|gen)[_-]/u;

/**
 * The answer's id as a client of the protocol expects it: the upstream's own with the other prefix, so that the two
 * can still be found by each other; `createId` where the upstream gave none.
 */
export function buildAnswerId(prefix: string, id: string | null, createId: () => string): string {
  const own = id === null || id === '' ? createId() : id;
  return prefix + own.replace(PREFIX, '');
}
