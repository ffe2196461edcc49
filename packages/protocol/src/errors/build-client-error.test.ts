import type { RequestId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildClientError } from './build-client-error.ts';
import { selectErrorShape } from './select-error-shape.ts';
import type { UpstreamErrorReport } from './upstream-error-report.ts';

const report = (fields: Partial<UpstreamErrorReport>): UpstreamErrorReport => ({
  type: 'api_error',
  message: 'account 7 at 10.0.0.1',
  status: 500,
  code: null,
  param: null,
  retryAfterMs: null,
  ...fields,
});

describe('buildClientError', () => {
  it.each([
    [401, 'upstream_error', 502],
    [403, 'upstream_error', 502],
    [402, 'upstream_error', 502],
    [429, 'upstream_rate_limited', 429],
    [500, 'upstream_error', 502],
    [503, 'overloaded', 503],
    [529, 'overloaded', 503],
    [504, 'upstream_timeout', 502],
  ])('[REQ-6][REQ-5] an upstream %i is %s, in our words alone', (status, code, clientStatus) => {
    const error = buildClientError(report({ status, retryAfterMs: status === 429 ? 2_000 : null }));
    expect(error).toMatchObject({ code, status: clientStatus });
    expect(error.message).not.toContain('10.0.0.1');
    expect(error.retryAfterMs).toBe(status === 429 ? 2_000 : undefined);
  });

  it.each([400, 404, 413, 422])("[REQ-6] an upstream %i is the client's own mistake", (status) => {
    const error = buildClientError(report({ status, message: 'bad field', param: 'tools' }));
    expect(error).toMatchObject({ code: 'invalid_request', status, message: 'bad field', param: 'tools' });
  });

  it.each([
    [
      'OpenAI',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
      '130001 tokens > 128000 maximum',
    ],
    [
      'Google',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      '1200000 tokens > 1048576 maximum',
    ],
    ['Anthropic', 'prompt is too long: 5 tokens > 4 maximum', '5 tokens > 4 maximum'],
    ['another', 'exceeds the context window', 'exceeds the context window'],
  ])(
    '[REQ-2] %s says that the prompt is too long: clients shorten their history',
    (_vendor, message, figures) => {
      const error = buildClientError(report({ status: 400, message }));
      expect(error).toMatchObject({ code: 'prompt_too_long', message: `prompt is too long: ${figures}` });
      const body = JSON.parse(selectErrorShape('responses').buildBody(error, 'req_1' as RequestId));
      expect(body.error).toMatchObject({ code: 'context_length_exceeded', type: 'invalid_request_error' });
    },
  );
});
