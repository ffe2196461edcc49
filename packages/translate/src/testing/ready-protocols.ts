import type { WireProtocol } from '../conversation/wire-protocol.ts';

/** The protocols whose pairs are proven. */
export const READY: readonly WireProtocol[] = ['messages', 'chat', 'responses', 'gemini'];
