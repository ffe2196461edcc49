import type { ProtocolParts } from '../conversation/protocol-parts.ts';
import { buildMessagesAnswer } from './build-answer.ts';
import { buildMessagesRequest } from './build-request.ts';
import { decodeMessagesAnswer } from './decode-answer.ts';
import { decodeMessagesRequest } from './decode-request.ts';
import { MessagesReader } from './stream-reader.ts';
import { MessagesWriter } from './stream-writer.ts';

/** Anthropic Messages. */
export const MESSAGES_PARTS: ProtocolParts = {
  decodeRequest: decodeMessagesRequest,
  buildRequest: buildMessagesRequest,
  decodeAnswer: decodeMessagesAnswer,
  buildAnswer: buildMessagesAnswer,
  createReader: (sink, scope) => new MessagesReader(sink, scope),
  createWriter: (out, scope) => new MessagesWriter(out, scope),
};
