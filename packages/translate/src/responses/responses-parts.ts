import type { ProtocolParts } from '../conversation/protocol-parts.ts';
import { buildResponsesAnswer } from './build-answer.ts';
import { buildResponsesRequest } from './build-request.ts';
import { decodeResponsesAnswer } from './decode-answer.ts';
import { decodeResponsesRequest } from './decode-request.ts';
import { ResponsesReader } from './stream-reader.ts';
import { ResponsesWriter } from './stream-writer.ts';

/** OpenAI Responses. */
export const RESPONSES_PARTS: ProtocolParts = {
  decodeRequest: decodeResponsesRequest,
  buildRequest: buildResponsesRequest,
  decodeAnswer: decodeResponsesAnswer,
  buildAnswer: buildResponsesAnswer,
  createReader: (sink, scope) => new ResponsesReader(sink, scope),
  createWriter: (out, scope) => new ResponsesWriter(out, scope),
};
