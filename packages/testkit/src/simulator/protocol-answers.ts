import { envelopAnswer } from './envelop-answer.ts';
import type { ProtocolAnswer } from './protocol-answer.ts';
import { buildProtocolError } from './protocol-error.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { parseSimulatedCall } from './parse-simulated-call.ts';
import type { SimulatedCall } from './simulated-call.ts';
import type { Script } from './script.ts';
import { buildChatEvents, buildChatJson } from './chat-answer.ts';
import { buildGeminiChunks, buildGeminiJson } from './gemini-answer.ts';
import { buildResponsesEvents, buildResponsesJson } from './responses-answer.ts';
import { countSimulatedTokens } from './messages-answer.ts';
import { findStreamOnlyFault } from './stream-only-host.ts';

export const SSE_TYPE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';

/** An answer in the protocol of the path; null = the path is none of OpenAI's or Google's. */
export function buildProtocolAnswer(
  request: RecordedRequest,
  script: Script,
  number: number,
): ProtocolAnswer | null {
  const call = parseSimulatedCall(request);
  if (call === null) return null;
  if (call.isKeyMissing) return buildError(call, 401, 'No key was given.');
  if (call.wrong !== null) return buildError(call, 400, call.wrong);
  const fault = script.streamOnly === true ? findStreamOnlyFault(call.protocol, request.json) : null;
  if (fault !== null) return { ...buildJson({ detail: fault }), status: 400 };
  if (call.isCount) return buildJson({ totalTokens: countSimulatedTokens(call.inputText) });
  const answer = buildAnswer(call, script, number);
  return call.isEnveloped ? envelopAnswer(answer) : answer;
}

function buildAnswer(call: SimulatedCall, script: Script, number: number): ProtocolAnswer {
  const answer = {
    ...call,
    text: script.text ?? (script.toolCalls ? '' : `You said: ${call.lastUserText}`),
    toolCalls: script.toolCalls ?? [],
    number,
    usage: script.usage,
    omitsOutput: script.streamOnly === true,
  };
  if (!call.stream) return buildJson(BUILDERS[call.protocol].json(answer));
  const events = BUILDERS[call.protocol].events(answer);
  return buildStream(call, cutAtError(call, events.pieces, script), events.endingPieces);
}

const BUILDERS = {
  chat: { json: buildChatJson, events: buildChatEvents },
  responses: { json: buildResponsesJson, events: buildResponsesEvents },
  gemini: { json: buildGeminiJson, events: buildGeminiChunks },
} as const;

/** `errorEventAfter`: so many pieces, then the protocol's error, and the end. */
function cutAtError(call: SimulatedCall, pieces: Buffer[], script: Script): Buffer[] {
  const at = script.errorEventAfter;
  if (at === undefined) return pieces;
  const error = buildProtocolError(call.protocol, script.errorStatus ?? 503);
  return [...pieces.slice(0, at), Buffer.from(frameError(call, JSON.stringify(error), at))];
}

function frameError({ protocol, isArray }: SimulatedCall, error: string, at: number): string {
  if (isArray) return `${at === 0 ? '[' : ',\r\n'}${error}\n]`;
  return protocol === 'gemini' ? `data: ${error}\r\n\r\n` : `data: ${error}\n\n`;
}

function buildStream(call: SimulatedCall, pieces: Buffer[], endingPieces: number): ProtocolAnswer {
  return { status: 200, contentType: call.isArray ? JSON_TYPE : SSE_TYPE, pieces, endingPieces };
}

export function buildError({ protocol }: SimulatedCall, status: number, message: string): ProtocolAnswer {
  return { ...buildJson(buildProtocolError(protocol, status, message)), status };
}

function buildJson(value: object): ProtocolAnswer {
  return {
    status: 200,
    contentType: JSON_TYPE,
    pieces: [Buffer.from(JSON.stringify(value))],
    endingPieces: 1,
  };
}
