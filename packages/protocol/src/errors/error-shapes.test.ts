import { ERROR_CATALOGUE, TollgateError, type ErrorCode, type RequestId } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorShape } from './error-shape.ts';
import { geminiErrorShape } from './gemini-error-shape.ts';
import { messagesErrorShape } from './messages-error-shape.ts';
import { chatErrorShape } from './openai-error-shape.ts';
import { createResponsesErrorShape, responsesErrorShape } from './responses-error-shape.ts';

const REQUEST_ID = 'req_1' as RequestId;
const CODES = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
const SHAPES: Record<string, ErrorShape> = {
  messages: messagesErrorShape,
  chat: chatErrorShape,
  responses: responsesErrorShape,
  gemini: geminiErrorShape,
};

const readBody = (shape: ErrorShape, error: TollgateError): unknown =>
  JSON.parse(shape.buildBody(error, REQUEST_ID));

const readEvents = (text: string): [string, unknown][] =>
  [...text.matchAll(/event: (\S+)\ndata: (.*)\n\n/gu)].map(([, name = '', data = '']) => [
    name,
    JSON.parse(data),
  ]);

describe('error shapes', () => {
  it('[REQ-2] Messages: type, message and request id', () => {
    const error = new TollgateError('overloaded');
    expect(readBody(messagesErrorShape, error)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'The upstream is overloaded.' },
      request_id: 'req_1',
    });
    expect(messagesErrorShape.buildStreamEvent(error, REQUEST_ID)).toBe(
      `event: error\ndata: ${messagesErrorShape.buildBody(error, REQUEST_ID)}\n\n`,
    );
  });

  it.each<[ErrorCode, string, string | null]>([
    ['invalid_request', 'invalid_request_error', null],
    ['unknown_model', 'invalid_request_error', 'model_not_found'],
    ['invalid_key', 'invalid_request_error', 'invalid_api_key'],
    ['ip_refused', 'invalid_request_error', 'permission_denied'],
    ['insufficient_balance', 'insufficient_quota', 'insufficient_quota'],
    ['not_found', 'invalid_request_error', 'not_found'],
    ['body_too_large', 'invalid_request_error', null],
    ['rate_limited', 'rate_limit_error', 'rate_limit_exceeded'],
    ['upstream_error', 'server_error', 'upstream_error'],
    ['unavailable', 'server_error', 'unavailable'],
  ])('[REQ-2] OpenAI: %s has type %s and code %s', (code, type, openAiCode) => {
    const error = new TollgateError(code, { param: 'model' });
    const expected = { message: error.message, type, param: 'model', code: openAiCode };
    expect(readBody(chatErrorShape, error)).toEqual({ error: expected });
    expect(readBody(responsesErrorShape, error)).toEqual({ error: expected });
    expect(chatErrorShape.buildStreamEvent(error, REQUEST_ID)).toBe(
      `data: ${JSON.stringify({ error: expected })}\n\n`,
    );
  });

  it('[LIM-10] OpenAI: a number that clients of other gateways know is the code', () => {
    const error = new TollgateError('token_quota_exceeded', { vendorCode: 40_051 });
    expect(readBody(chatErrorShape, error)).toMatchObject({
      error: { type: 'invalid_request_error', code: '40051' },
    });
  });

  it('[REQ-2] Responses: an error event for the SDKs, and response.failed for Codex, numbered on', () => {
    const shape = createResponsesErrorShape(() => ({ responseId: 'resp_7', nextNumber: 4 }));
    const told = { code: 'rate_limit_exceeded', message: 'Too many requests.' };
    const error = { ...told, param: null };
    const events = shape.buildStreamEvent(new TollgateError('rate_limited'), REQUEST_ID);
    expect(readEvents(events)).toEqual([
      [
        'error',
        { type: 'error', sequence_number: 4, ...error, error: { ...error, type: 'rate_limit_error' } },
      ],
      [
        'response.failed',
        {
          type: 'response.failed',
          sequence_number: 5,
          response: expect.objectContaining({ id: 'resp_7', status: 'failed', error: told }) as object,
        },
      ],
    ]);
  });

  it('[REQ-2] Responses: before the response has a name, the request lends it one', () => {
    const events = responsesErrorShape.buildStreamEvent(new TollgateError('invalid_request'), REQUEST_ID);
    expect(readEvents(events)).toMatchObject([
      ['error', { sequence_number: 0, code: null }],
      [
        'response.failed',
        { sequence_number: 1, response: { id: 'resp_req_1', error: { code: 'server_error' } } },
      ],
    ]);
  });

  it.each<[ErrorCode, string]>([
    ['invalid_request', 'INVALID_ARGUMENT'],
    ['invalid_key', 'UNAUTHENTICATED'],
    ['key_expired', 'PERMISSION_DENIED'],
    ['not_found', 'NOT_FOUND'],
    ['body_too_large', 'INVALID_ARGUMENT'],
    ['rate_limited', 'RESOURCE_EXHAUSTED'],
    ['internal', 'INTERNAL'],
    ['upstream_error', 'UNAVAILABLE'],
    ['no_account', 'UNAVAILABLE'],
  ])('[REQ-2] Gemini: %s has status %s', (code, status) => {
    const error = new TollgateError(code);
    expect(readBody(geminiErrorShape, error)).toEqual({
      error: { code: error.status, message: error.message, status },
    });
  });

  it('[REQ-2] Gemini: the delay is a RetryInfo of whole seconds, rounded up', () => {
    const body = readBody(geminiErrorShape, new TollgateError('rate_limited', { retryAfterMs: 1_001 }));
    expect(body).toHaveProperty('error.details.0.retryDelay', '2s');
  });

  it.each(Object.entries(SHAPES))(
    '[REQ-2] %s: any message stays one JSON value in one event',
    (_name, shape) => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...CODES), (message, code) => {
          const error = new TollgateError(code, { message, param: message });
          expect(JSON.stringify(readBody(shape, error))).toContain(JSON.stringify(message));
          const text = shape.buildStreamEvent(error, REQUEST_ID);
          expect(text.endsWith('\n\n')).toBe(true);
          for (const event of text.slice(0, -2).split('\n\n')) {
            const data = event.slice(event.indexOf('{'));
            expect(data).not.toMatch(/[\r\n]/);
            expect(JSON.stringify(JSON.parse(data))).toContain(JSON.stringify(message));
          }
        }),
      );
    },
  );
});
