/** Any fault in words for a person; several problems of one input come one a line. Never a stack. */
export function describeFailure(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const code = findErrorCode(fault);
  if (code === 'ECONNREFUSED') return 'cannot connect: the connection was refused (is it running there?)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'cannot connect: the host name is not known';
  if (fault.message === 'fetch failed') return `cannot connect (${code ?? findInnerMessage(fault)})`;
  return fault.message === '' ? fault.name : fault.message;
}

/** tRPC and fetch wrap the socket's error, and an AggregateError has one for each address that was tried. */
function findErrorCode(fault: unknown): string | null {
  let current: unknown = fault;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return null;
}

function findInnerMessage(fault: Error): string {
  let inner = fault;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner.message;
}
