import type { Protocol } from '@tollgate/core';
import { readChatJson } from '../chat/json-usage.ts';
import { createChatStreamMeter } from '../chat/stream-meter.ts';
import { readCodeAssistJson, readGeminiJson } from '../gemini/json-usage.ts';
import { createCodeAssistStreamMeter, createGeminiStreamMeter } from '../gemini/stream-meter.ts';
import { readMessagesJson } from '../messages/json-usage.ts';
import { createMessagesStreamMeter } from '../messages/stream-meter.ts';
import { readResponsesJson } from '../responses/json-usage.ts';
import { createResponsesStreamMeter } from '../responses/stream-meter.ts';
import type { JsonAnswer } from './json-answer.ts';
import type { MeterOptions, ProtocolStreamMeter } from './stream-meter.ts';

/** A new meter for one stream of the upstream's protocol. */
export function createStreamMeter(protocol: Protocol, options: MeterOptions = {}): ProtocolStreamMeter {
  switch (protocol) {
    case 'messages':
      return createMessagesStreamMeter();
    case 'chat':
      return createChatStreamMeter();
    case 'responses':
      return createResponsesStreamMeter();
    case 'gemini':
      return createGeminiStreamMeter(options);
    case 'code-assist':
      return createCodeAssistStreamMeter(options);
  }
}

/** Usage of a whole (not streamed) answer; null = the body is not one JSON object, so not whole. Never throws. */
export function readJsonAnswer(
  protocol: Protocol,
  body: Buffer,
  options: MeterOptions = {},
): JsonAnswer | null {
  switch (protocol) {
    case 'messages':
      return readMessagesJson(body);
    case 'chat':
      return readChatJson(body);
    case 'responses':
      return readResponsesJson(body);
    case 'gemini':
      return readGeminiJson(body, options);
    case 'code-assist':
      return readCodeAssistJson(body, options);
  }
}
