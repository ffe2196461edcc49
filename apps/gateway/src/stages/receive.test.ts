import { geminiErrorShape, messagesErrorShape } from '@tollgate/protocol';
import { TollgateError } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildContext } from '../testing/build-context.ts';
import { readBody } from './read-body.ts';
import { receive } from './receive.ts';

describe('receive', () => {
  it('[REQ-2] sets the shape of errors before anything can fail', () => {
    const { context, writer } = buildContext({ path: '/v1beta/nothing' });
    expect(receive(context, false)).toMatchObject({ code: 'not_found' });
    expect([writer.errorShape, context.endpoint]).toEqual([geminiErrorShape, null]);
  });

  it('[REQ-4] finds the endpoint, or names the method', () => {
    const { context, writer } = buildContext();
    expect(receive(context, false)).toBeNull();
    expect([writer.errorShape, context.endpoint?.name]).toEqual([messagesErrorShape, 'messages']);
    expect(receive(buildContext({ method: 'GET' }).context, false)).toMatchObject({ status: 405 });
  });

  it.each([
    ['GET', '/v1/responses', 'websocket', 'upgrade_required'],
    ['GET', '/responses', 'h2c, WebSocket', 'upgrade_required'],
    ['GET', '/v1/responses', '', 'method_not_allowed'],
    ['GET', '/v1/responses', 'websockets', 'method_not_allowed'],
    ['GET', '/v1/nowhere', 'websocket', 'not_found'],
    ['POST', '/v1/models', 'websocket', 'method_not_allowed'],
    ['GET', '/v1/models', 'websocket', undefined],
    ['POST', '/v1/responses', 'websocket', undefined],
  ])('[API-8] %s %s with Upgrade: %s', (method, path, upgrade, code) => {
    const { context } = buildContext({ method, path, headers: [['upgrade', upgrade]] });
    expect(receive(context, false)?.code).toBe(code);
  });

  it.each([
    ['/v1/messages', 'POST', 'draining'],
    ['/v1/models', 'GET', 'draining'],
    ['/nowhere', 'GET', 'not_found'],
    ['/health', 'GET', undefined],
    ['/ready', 'GET', undefined],
  ])('[OPS-11] while draining, %s', (path, method, code) => {
    expect(receive(buildContext({ path, method }).context, true)?.code).toBe(code);
  });
});

describe('read-body', () => {
  it('keeps the body', async () => {
    const { context } = buildContext({ body: 'abc' });
    expect(await readBody(context, 10)).toBeNull();
    expect(context.body?.toString()).toBe('abc');
  });

  it('[REQ-4] an empty body is a 400', async () => {
    expect(await readBody(buildContext({ body: '' }).context, 10)).toMatchObject({ code: 'invalid_request' });
  });

  it.each(['body_too_large', 'client_closed'] as const)('[REQ-4] %s ends the request', async (code) => {
    const body = async () => Promise.reject(new TollgateError(code));
    expect(await readBody(buildContext({ body }).context, 10)).toMatchObject({ code });
  });

  it('a fault goes on', async () => {
    const body = async () => Promise.reject(new Error('broken'));
    await expect(readBody(buildContext({ body }).context, 10)).rejects.toThrow('broken');
  });
});
