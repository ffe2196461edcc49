import { CHAT_PARTS } from './chat/chat-parts.ts';
import type { ProtocolParts } from './conversation/protocol-parts.ts';
import type { WireProtocol } from './conversation/wire-protocol.ts';
import { GEMINI_PARTS } from './gemini/gemini-parts.ts';
import { MESSAGES_PARTS } from './messages/messages-parts.ts';
import { RESPONSES_PARTS } from './responses/responses-parts.ts';

const PARTS: Readonly<Record<WireProtocol, ProtocolParts>> = {
  messages: MESSAGES_PARTS,
  chat: CHAT_PARTS,
  responses: RESPONSES_PARTS,
  gemini: GEMINI_PARTS,
};

export function selectParts(protocol: WireProtocol): ProtocolParts {
  return PARTS[protocol];
}
