import type { Protocol } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { listProtocolRecordings, RECORDED_PROTOCOLS } from '../testing/recorded-protocols.ts';
import { readUpstreamError } from './read-upstream-error.ts';

const read = (protocol: Protocol, value: unknown, status: number | null): unknown =>
  readUpstreamError(protocol, Buffer.from(JSON.stringify(value)), status);

describe('errors of upstreams', () => {
  it.each(RECORDED_PROTOCOLS)('[REQ-2] every recorded error of %s is read', (protocol) => {
    const errors = listProtocolRecordings(protocol, 'error');
    expect(errors.length).toBeGreaterThan(0);
    for (const recording of errors) {
      const report = readUpstreamError(protocol, recording.readBytes(), recording.status ?? 400);
      expect(report?.status).toBe(recording.status ?? 400);
      expect(report?.message).not.toBe('');
      expect(report?.type).toMatch(/^(?:invalid_request|rate_limit|not_found)_error$/u);
    }
  });

  it.each([
    [
      'a wrong key, which OpenAI types as a bad request',
      { type: 'invalid_request_error', code: 'invalid_api_key' },
      null,
      'authentication_error',
      401,
    ],
    [
      'too much context',
      { type: 'invalid_request_error', code: 'context_length_exceeded' },
      null,
      'invalid_request_error',
      400,
    ],
    ['no credit', { type: 'insufficient_quota', code: 'insufficient_quota' }, 429, 'rate_limit_error', 429],
    ['tokens a minute', { type: 'tokens', code: 'rate_limit_exceeded' }, 429, 'rate_limit_error', 429],
    ['a general type with a status', { type: 'invalid_request_error' }, 403, 'permission_error', 403],
    ['a word of tomorrow', { type: 'quantum_error' }, null, 'api_error', 500],
    ['a word of tomorrow with a status', { type: 'quantum_error' }, 404, 'not_found_error', 404],
    ['a status as code', { code: '529' }, null, 'overloaded_error', 529],
    ['a name of Object', { type: 'constructor' }, null, 'api_error', 500],
  ])('[REQ-2] OpenAI: %s', (_name, error, httpStatus, type, status) => {
    expect(read('chat', { error: { message: 'm', ...error } }, httpStatus)).toMatchObject({ type, status });
    expect(read('responses', [{ error: { message: 'm', ...error } }], httpStatus)).toMatchObject({
      type,
      status,
    });
  });

  it.each([
    ['text', { error: 'no' }, 'no'],
    ['vLLM', { object: 'error', message: 'no', type: 'BadRequestError', code: 400 }, 'no'],
    ['an event', { type: 'error', code: 'server_error', message: 'no' }, 'no'],
  ])('[REQ-2] OpenAI in another form: %s', (_name, body, message) => {
    expect(read('chat', body, null)).toMatchObject({ message });
  });

  it('[REQ-2] Google, of another vendor’s model: the vendor’s own words, not its JSON', () => {
    const text = 'prompt is too long: 5 tokens > 4 maximum';
    const inner = { type: 'error', error: { type: 'invalid_request_error', message: text }, request_id: 'r' };
    const outer = (message: string) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } });
    expect(read('gemini', [outer(JSON.stringify(inner))], 400)).toMatchObject({ message: text, status: 400 });
    for (const message of ['{"type":"error"', '{"error":7}', '{}', 'plain'])
      expect(read('gemini', outer(message), 400)).toMatchObject({ message });
  });

  it('[REQ-7] the wait is read out of the error: Codex, OpenAI, Google', () => {
    const codex = { error: { type: 'usage_limit_reached', message: '', resets_in_seconds: 12.5 } };
    expect(read('responses', codex, 429)).toMatchObject({
      retryAfterMs: 12_500,
      code: 'usage_limit_reached',
    });
    const openai = { error: { code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' } };
    expect(read('chat', openai, null)).toMatchObject({ retryAfterMs: 1_500 });
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.957525076s' },
    ];
    const google = { error: { code: 429, message: 'q', status: 'RESOURCE_EXHAUSTED', details } };
    expect(read('gemini', google, 429)).toMatchObject({ retryAfterMs: 3_958, code: 'RATE_LIMIT_EXCEEDED' });
    const plain = { error: { code: 400, message: 'Please retry in 1.5s', status: 'INVALID_ARGUMENT' } };
    expect(read('gemini', plain, 400)).toMatchObject({ retryAfterMs: null, type: 'invalid_request_error' });
  });

  it('[REQ-2] Google: a wrong key is a 400 there, and an authentication error', () => {
    const details = [{ reason: 'API_KEY_INVALID' }];
    const error = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details };
    expect(read('code-assist', [{ error }], 400)).toMatchObject({
      type: 'authentication_error',
      status: 401,
    });
  });

  it.each(['messages', 'chat', 'responses', 'gemini', 'code-assist'] as const)(
    '%s: what is no error',
    (protocol) => {
      for (const text of [
        '',
        '<html>',
        'null',
        '[]',
        '{}',
        '{"error":null}',
        '{"error":7}',
        '{"id":"x","error":""}',
      ])
        expect(readUpstreamError(protocol, Buffer.from(text), 500)).toBeNull();
    },
  );
});

describe('hosts of ChatGPT accounts', () => {
  it('[REQ-6] say what is wrong in `detail`', () => {
    const body = { detail: 'Unsupported parameter: top_p' };
    expect(read('responses', body, 400)).toMatchObject({
      type: 'invalid_request_error',
      message: 'Unsupported parameter: top_p',
      status: 400,
    });
    expect(read('responses', { detail: [{ msg: 'x' }] }, 422)).toBeNull();
  });

  it('[REQ-6] an answer with a field of that name is no error', () => {
    expect(read('responses', { detail: 'high' }, null)).toBeNull();
  });
});
