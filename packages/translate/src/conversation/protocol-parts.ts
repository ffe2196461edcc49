import type { JsonObject } from '../json/json-object.ts';
import type { AnswerReader, AnswerSink } from './answer-sink.ts';
import type { Answer } from './answer.ts';
import type { ConversationRequest } from './conversation-request.ts';
import type { StreamText } from './stream-text.ts';
import type { AnswerScope, RequestScope } from './translation-scope.ts';

/** All that one protocol brings to translation: four of these make twelve pairs. */
export interface ProtocolParts {
  /** The client's body. What is wrong or cannot go on is told to `scope.findings`. Never throws. */
  decodeRequest(body: JsonObject, scope: RequestScope): ConversationRequest;
  /** The upstream's body. */
  buildRequest(request: ConversationRequest, scope: RequestScope): JsonObject;
  /** null = the body is no answer of this protocol. */
  decodeAnswer(body: JsonObject, scope: AnswerScope): Answer | null;
  buildAnswer(answer: Answer, scope: AnswerScope): JsonObject;
  createReader(sink: AnswerSink, scope: AnswerScope): AnswerReader;
  createWriter(out: StreamText, scope: AnswerScope): AnswerSink;
}
