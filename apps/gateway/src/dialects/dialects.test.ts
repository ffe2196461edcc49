import type { ClientRequest } from '../server/port.ts';
import { describe, expect, it } from 'vitest';
import type { RequestScan } from '../request-scan.ts';
import { buildRequest } from '../testing/build-context.ts';
import type { Dialect } from './dialect.ts';
import { geminiArrayDialect, geminiDialect, geminiSseDialect } from './gemini-dialects.ts';
import { chatDialect, responsesDialect } from './openai-dialects.ts';

const SCAN: RequestScan = {
  model: 'm',
  modelRanges: [],
  stream: true,
  maxTokens: null,
  userId: null,
  session: { user: null, promptCacheKey: null, text: null },
  warmUp: null,
  binaryBytes: 0,
  binaryBytesCapped: 0,
};

function buildPath(dialect: Dialect, path: string, prefix: string, upstreamModel = 'm'): string {
  const request: ClientRequest = buildRequest({ path, query: 'key=secret&api-version=1&fields=candidates' });
  return dialect.buildPath(request, prefix, SCAN, upstreamModel);
}

describe('the upstream’s path', () => {
  it.each([
    [chatDialect, '/chat/completions', '', '/v1/chat/completions?api-version=1&fields=candidates'],
    [
      chatDialect,
      '/v1/chat/completions',
      '/openai/v1',
      '/openai/v1/chat/completions?api-version=1&fields=candidates',
    ],
    [
      responsesDialect,
      '/v1/responses',
      '/backend-api/codex',
      '/backend-api/codex/responses?api-version=1&fields=candidates',
    ],
    [geminiDialect, '/v1beta/models/m:generateContent', '', '/v1beta/models/m:generateContent'],
    [geminiDialect, '/v1/models/m:countTokens', '', '/v1/models/m:countTokens'],
    [
      geminiSseDialect,
      '/v1/models/m:streamGenerateContent',
      '/v1/publishers/google',
      '/v1/publishers/google/models/m:streamGenerateContent?alt=sse',
    ],
    [
      geminiArrayDialect,
      '/v1beta/models/m:streamGenerateContent',
      '',
      '/v1beta/models/m:streamGenerateContent',
    ],
  ])('[API-1] [ACC-9] %#: a base URL with a path is the root', (dialect, path, prefix, upstream) => {
    expect(buildPath(dialect, path, prefix)).toBe(upstream);
  });

  it('[API-2] Gemini: a mapped name is encoded, so that it stays one part of the path', () => {
    const path = '/v1beta/models/m:generateContent';
    expect(buildPath(geminiDialect, path, '', 'a/b?c')).toBe('/v1beta/models/a%2Fb%3Fc:generateContent');
    expect(buildPath(geminiDialect, '/v1beta/models/%6d:generateContent', '')).toBe(path);
  });
});

describe('the upstream’s body', () => {
  const body = Buffer.from('{"model":"m","messages":[],"stream":true}');
  const scan = { ...SCAN, modelRanges: [{ start: 9, end: 12 }], streamOptions: [] };

  it('[API-2] [MON-8] chat: the model and the wish for usage in one copy', () => {
    expect(chatDialect.buildBody(body, scan, 'n').toString()).toBe(
      '{"stream_options":{"include_usage":true},"model":"n","messages":[],"stream":true}',
    );
    expect(chatDialect.createFilter(body, scan)).not.toBeNull();
  });

  it('[API-2] a body that needs nothing is the client’s own buffer', () => {
    expect(chatDialect.buildBody(body, { ...scan, stream: false }, 'm')).toBe(body);
    expect(chatDialect.createFilter(body, { ...scan, stream: false })).toBeNull();
    expect(responsesDialect.buildBody(body, scan, 'm')).toBe(body);
    expect(geminiDialect.buildBody(body, SCAN, 'n')).toBe(body);
  });
});
