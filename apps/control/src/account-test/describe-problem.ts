import { FORBIDDEN_CODE, type StepProblem } from '@tollgate/outbound';

const TEXTS: Readonly<Record<string, string>> = {
  [FORBIDDEN_CODE]: 'a private address; TOLLGATE_OUTBOUND_ALLOW lists those that are allowed',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server gave no answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody known has signed its certificate',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  HPE_INVALID_CONSTANT: 'what it answers is no HTTP',
};

/** Why a step failed, in words for the operator: from codes, as messages may hold anything. */
export function describeProblem({ code, fault }: StepProblem): string {
  if (code === 'timeout') return 'it took too long';
  if (code === 'aborted') return 'cancelled';
  // The proxy's own words hold neither its address nor its credentials.
  if (fault instanceof Error && fault.name === 'ProxyError') return fault.message;
  const told = findCode(fault);
  if (told === '') return 'it failed';
  return TEXTS[told] ?? (told.startsWith('HPE_') ? 'what it answers is no HTTP' : told);
}

function findCode(fault: unknown): string {
  if (fault instanceof AggregateError && fault.errors.length > 0) return findCode(fault.errors[0]);
  return fault instanceof Error && 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
}
