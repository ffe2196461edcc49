import type { Protocol } from '@tollgate/core';

/** What is translated; code-assist is an envelope around gemini, and no dialect of its own. */
export type WireProtocol = Exclude<Protocol, 'code-assist'>;

export const WIRE_PROTOCOLS = [
  'messages',
  'chat',
  'responses',
  'gemini',
] as const satisfies readonly WireProtocol[];
