import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyWriter } from './body-writer.ts';
import { buildErrorBody } from './error-body.ts';
import { buildMessageJson, buildMessagesAnswer, countInput } from './messages-answer.ts';
import { buildMessagesEvents, buildTextDelta } from './messages-events.ts';
import { parseMessagesRequest, type MessagesRequest } from './messages-request.ts';
import { buildEndlessPiece } from './endless-piece.ts';
import { SSE_TYPE, buildProtocolAnswer, buildError as buildProtocolErrorAnswer } from './protocol-answers.ts';
import { parseSimulatedCall } from './parse-simulated-call.ts';
import { buildModelList } from './model-list.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { readApiKey } from './select-script.ts';
import type { Script } from './script.ts';

const ENDLESS_MS_MAX = 60_000;
const JSON_TYPE = 'application/json';
const PAGE = '<!DOCTYPE html><html><body><h1>Checking your browser</h1></body></html>';

/** What goes out when nothing misbehaves below: a status, a content type, and a body in its natural pieces. */
interface Answer {
  status: number;
  contentType: string;
  pieces: Buffer[];
}

/** Answers one request as `script` says. Resolves when the answer is over, or as far as it will ever go. */
export async function answerRequest(
  request: RecordedRequest,
  response: ServerResponse,
  script: Script,
  number: number,
): Promise<void> {
  if (script.resetBeforeHeaders) return void response.socket?.resetAndDestroy();
  if (script.delayHeadersMs) await sleep(script.delayHeadersMs);
  if (script.garbage === 'not-http') return void response.socket?.end(randomBytes(512));
  const requestId = `req_sim${String(number).padStart(8, '0')}`;
  const answer = selectAnswer(request, script, requestId, number);
  writeHead(response, answer, script, requestId);
  const writer = new BodyWriter(response, script);
  await writePieces(writer, answer, script, request);
  if (script.stallAfterEvents === undefined) await writer.end();
}

async function writePieces(
  writer: BodyWriter,
  answer: Answer,
  script: Script,
  request: RecordedRequest,
): Promise<void> {
  for (const [index, piece] of answer.pieces.entries()) {
    if (index === script.resetAfterEvents) await writer.reset();
    if (writer.isOver || index === script.stallAfterEvents) return;
    if (index > 0 && script.delayEventsMs) await sleep(script.delayEventsMs);
    await writer.write(piece);
  }
  const untilMs = performance.now() + ENDLESS_MS_MAX;
  while (script.endless && !writer.isOver && performance.now() < untilMs) {
    await sleep(script.delayEventsMs ?? 1);
    await writer.write(buildEndlessPiece(answer.pieces, request) ?? buildTextDelta('and so on '));
  }
}

function writeHead(response: ServerResponse, answer: Answer, script: Script, requestId: string): void {
  const bytes = answer.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const isPlain = answer.contentType !== SSE_TYPE;
  const states = script.wrongContentLength !== undefined || (isPlain && !script.endless);
  response.writeHead(script.status ?? answer.status, {
    'content-type': answer.contentType,
    'request-id': requestId,
    'x-request-id': requestId,
    ...(isPlain ? {} : { 'cache-control': 'no-cache' }),
    ...(states ? { 'content-length': String(bytes + (script.wrongContentLength ?? 0)) } : {}),
    ...script.headers,
  });
  // A client must be able to see the headers while the first event waits.
  response.flushHeaders();
}

function selectAnswer(request: RecordedRequest, script: Script, requestId: string, number: number): Answer {
  if (script.bytes) return { status: 200, contentType: SSE_TYPE, pieces: [script.bytes] };
  if (script.garbage === 'html')
    return { status: 200, contentType: 'text/html', pieces: [Buffer.from(PAGE)] };
  if (script.garbage === 'random') return { status: 200, contentType: JSON_TYPE, pieces: [randomBytes(512)] };
  if (script.body !== undefined) return buildGivenBody(script.body);
  if (script.status !== undefined && script.status >= 400) {
    const call = parseSimulatedCall(request);
    const message = 'The simulator was told to fail.';
    if (call !== null) return buildProtocolErrorAnswer(call, script.status, message);
    return buildError(script.status, message, requestId, script.errorType);
  }
  return selectHonestAnswer(request, script, requestId, number);
}

function selectHonestAnswer(
  request: RecordedRequest,
  script: Script,
  requestId: string,
  number: number,
): Answer {
  const other = buildProtocolAnswer(request, script, number);
  if (other !== null)
    return script.endless ? { ...other, pieces: other.pieces.slice(0, -other.endingPieces) } : other;
  const path = request.path.split('?')[0] ?? '';
  if (readApiKey(request.headers) === undefined)
    return buildError(401, 'x-api-key header is required', requestId);
  if (request.headers['anthropic-version'] === undefined) {
    return buildError(400, 'anthropic-version: header is required', requestId);
  }
  if (request.method === 'GET' && path === '/v1/models') return buildJson(buildModelList());
  const isCount = path === '/v1/messages/count_tokens';
  if (request.method !== 'POST' || (path !== '/v1/messages' && !isCount)) {
    return buildError(404, `Not Found: ${request.method} ${path}`, requestId);
  }
  const parsed = parseMessagesRequest(request.json, isCount);
  if ('wrong' in parsed) return buildError(400, parsed.wrong, requestId);
  return isCount ? buildCount(parsed) : buildMessages(parsed, script, number);
}

function buildMessages(request: MessagesRequest, script: Script, number: number): Answer {
  const answer = buildMessagesAnswer(request, script, number);
  if (!request.stream) return buildJson(buildMessageJson(answer));
  const events = buildMessagesEvents(answer, script);
  // Endless: what would end the stream never comes.
  const pieces = script.endless ? events.slice(0, -3) : events;
  return { status: 200, contentType: SSE_TYPE, pieces };
}

function buildCount(request: MessagesRequest): Answer {
  const { input_tokens, cache_read_input_tokens } = countInput(request);
  return buildJson({ input_tokens: input_tokens + cache_read_input_tokens });
}

function buildGivenBody(body: unknown): Answer {
  if (typeof body !== 'string') return buildJson(body);
  return { status: 200, contentType: JSON_TYPE, pieces: [Buffer.from(body)] };
}

function buildError(status: number, message: string, requestId: string, type?: string): Answer {
  return { ...buildJson(buildErrorBody(status, message, requestId, type)), status };
}

function buildJson(value: unknown): Answer {
  return { status: 200, contentType: JSON_TYPE, pieces: [Buffer.from(JSON.stringify(value))] };
}
