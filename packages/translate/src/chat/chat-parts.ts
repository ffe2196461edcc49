import type { ProtocolParts } from '../conversation/protocol-parts.ts';
import { buildChatAnswer } from './build-answer.ts';
import { buildChatRequest } from './build-request.ts';
import { decodeChatAnswer } from './decode-answer.ts';
import { decodeChatRequest } from './decode-request.ts';
import { ChatReader } from './stream-reader.ts';
import { ChatWriter } from './stream-writer.ts';

/** OpenAI Chat Completions, and the vendors that speak it. */
export const CHAT_PARTS: ProtocolParts = {
  decodeRequest: decodeChatRequest,
  buildRequest: buildChatRequest,
  decodeAnswer: decodeChatAnswer,
  buildAnswer: buildChatAnswer,
  createReader: (sink, scope) => new ChatReader(sink, scope),
  createWriter: (out, scope) => new ChatWriter(out, scope),
};
