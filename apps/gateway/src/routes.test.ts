import { TollgateError } from '@tollgate/core';
import {
  chatErrorShape,
  geminiErrorShape,
  messagesErrorShape,
  responsesErrorShape,
} from '@tollgate/protocol';
import { describe, expect, it } from 'vitest';
import { matchEndpoint, selectErrorShape } from './routes.ts';

function codeOf(method: string, path: string): string {
  const endpoint = matchEndpoint(method, path);
  return endpoint instanceof TollgateError ? endpoint.code : endpoint.name;
}

describe('routes', () => {
  it.each([
    ['POST', '/v1/messages', 'messages'],
    ['POST', '/v1/messages/count_tokens', 'count-tokens'],
    ['GET', '/v1/models', 'list-models'],
    ['HEAD', '/v1/models', 'list-models'],
    ['GET', '/v1/models/claude-sonnet-4-5', 'get-model'],
    ['GET', '/v1/models/a%2Fb', 'get-model'],
    ['POST', '/v1/chat/completions', 'chat'],
    ['POST', '/chat/completions', 'chat'],
    ['POST', '/v1/responses', 'responses'],
    ['POST', '/responses', 'responses'],
    ['POST', '/v1beta/models/m:generateContent', 'generate-content'],
    ['POST', '/v1/models/m:generateContent', 'generate-content'],
    ['POST', '/v1alpha/models/m:streamGenerateContent', 'generate-content'],
    ['POST', '/v1beta/models/a:b:countTokens', 'count-tokens'],
    ['GET', '/v1beta/models', 'list-models'],
    ['GET', '/v1beta/models/m', 'get-model'],
    ['GET', '/v1/models/ft:gpt-4o:org::id', 'get-model'],
    ['GET', '/v1/usage', 'show-usage'],
    ['GET', '/', 'greet'],
    ['HEAD', '/', 'greet'],
    ['HEAD', '/api/hello', 'greet'],
    ['POST', '/api/event_logging/batch', 'take-telemetry'],
    ['POST', '/api/event_logging/v2/batch', 'take-telemetry'],
    ['GET', '/health', 'health'],
    ['HEAD', '/health', 'health'],
    ['GET', '/ready', 'ready'],
  ])('[API-1] %s %s is %s', (method, path, name) => {
    expect(codeOf(method, path)).toBe(name);
  });

  it.each([
    ['GET', '/v1/messages', 'method_not_allowed'],
    ['HEAD', '/v1/messages', 'method_not_allowed'],
    ['PUT', '/v1/messages', 'method_not_allowed'],
    ['POST', '/v1/models', 'method_not_allowed'],
    ['DELETE', '/v1/models/x', 'method_not_allowed'],
    ['GET', '/v1/chat/completions', 'method_not_allowed'],
    ['GET', '/v1beta/models/m:generateContent', 'method_not_allowed'],
    ['POST', '/v1beta/models/m:embedContent', 'not_found'],
    ['POST', '/v1beta/models/m', 'method_not_allowed'],
    ['POST', '/v2/models/m:generateContent', 'not_found'],
    ['POST', '/v1/chat/completions/', 'not_found'],
    ['POST', '/v1/message', 'not_found'],
    ['POST', '/v1/messages/', 'not_found'],
    ['POST', '//v1/messages', 'not_found'],
    ['POST', '/V1/messages', 'not_found'],
    ['POST', '/', 'method_not_allowed'],
    ['POST', '/api/hello', 'method_not_allowed'],
    ['GET', '/api/event_logging/batch', 'method_not_allowed'],
    ['GET', '/api/hello/', 'not_found'],
    ['POST', '/api/event_logging', 'not_found'],
    ['GET', '', 'not_found'],
    ['GET', '__proto__', 'not_found'],
    ['GET', 'constructor', 'not_found'],
  ])('[REQ-4] %s %s is %s', (method, path, code) => {
    expect(codeOf(method, path)).toBe(code);
  });

  it('[REQ-4] the message names the right method, and a path only in printable ASCII', () => {
    expect(matchEndpoint('GET', '/v1/messages')).toMatchObject({
      message: 'POST is the method of /v1/messages.',
      headers: { allow: 'POST' },
    });
    expect(matchEndpoint('POST', '/v1/models')).toMatchObject({ headers: { allow: 'GET, HEAD' } });
    const odd = matchEndpoint('GET', `/\r\n\u0000é"<${'x'.repeat(200)}`) as TollgateError;
    expect(odd.message).toMatch(/^There is no endpoint \/\?{4}"<x+\.$/);
    expect(odd.message.length).toBeLessThan(130);
  });

  it.each([
    ['alt=sse', 'text/event-stream'],
    ['key=a&alt=sse', 'text/event-stream'],
    ['$alt=sse', 'text/event-stream'],
    ['%24alt=sse&x=1', 'text/event-stream'],
    ['', 'application/json'],
    ['alt=json', 'application/json'],
    ['salt=sse', 'application/json'],
    ['alt=sses', 'application/json'],
  ])('[API-1] a Gemini stream with the query %s comes as %s', (query, type) => {
    const endpoint = matchEndpoint('POST', '/v1beta/models/m:streamGenerateContent', query);
    expect(endpoint).toMatchObject({ dialect: { streamMediaType: type } });
  });

  it.each([
    ['/v1beta/models/x:generateContent', geminiErrorShape],
    ['/v1/models/x:generateContent', geminiErrorShape],
    ['/v1/models/x', messagesErrorShape],
    ['/v1/chat/completions', chatErrorShape],
    ['/chat/completions', chatErrorShape],
    ['/v1/responses', responsesErrorShape],
    ['/v1/messages', messagesErrorShape],
    ['/nowhere', messagesErrorShape],
  ])('[REQ-2] errors of %s have the shape of its protocol', (path, shape) => {
    expect(selectErrorShape(path)).toBe(shape);
  });
});
