import { INLINE_SCAN_BYTES_MAX, scanMessagesBody, scanProtocolBody, type BodyPool } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import { translateRequest } from '@tollgate/translate';
import { describe, expect, it } from 'vitest';
import { buildBody, buildContext } from '../testing/build-context.ts';
import { MODEL } from '../testing/build-snapshots.ts';
import { parse } from './parse.ts';

const LARGE = buildBody({ padding: 'x'.repeat(INLINE_SCAN_BYTES_MAX) });

/** Like the real one: large bodies wait until the test lets them through, or the signal fires. */
function setUp(text: string) {
  const { context, writer } = buildContext();
  context.body = Buffer.from(text);
  const turn = Promise.withResolvers<void>();
  const bodies: BodyPool = {
    scanBody: (body) => ({ body, result: scanMessagesBody(body) }),
    async scanInWorker(body, signal) {
      signal?.addEventListener('abort', () => turn.reject(new TollgateError('client_closed')));
      if (signal?.aborted) throw new TollgateError('client_closed');
      await turn.promise;
      return { body: Buffer.from(body), result: scanMessagesBody(body) };
    },
    translate: (body, options) => ({ body, result: translateRequest(body, options) }),
    scanProtocol: (protocol, body) => ({ body, result: scanProtocolBody(protocol, body) }),
    waiting: 0,
    close: async () => {},
  };
  return { context, writer, bodies, letThrough: turn.resolve };
}

describe('parse', () => {
  it('finds the model', async () => {
    const { context, bodies } = setUp(buildBody({ stream: true }));
    expect(await parse(context, bodies)).toBeNull();
    expect(context.scan).toMatchObject({ model: MODEL, stream: true, maxTokens: 16 });
  });

  it.each([
    ['{"messages":[]}', 'model'],
    ['{"model":1,"messages":[]}', 'model'],
    ['{"model":"x"}', 'messages'],
    ['{"model":"x","messages":{}}', 'messages'],
    ['{"model":"x","messages":[],"stream":"yes"}', 'stream'],
    ['{"model":"x","messages":[],"max_tokens":-1}', 'max_tokens'],
    ['{"model":"x"', undefined],
    ['[]', undefined],
    ['\u00ef\u00bb\u00bf', undefined],
  ])('[REQ-4] %s: 400 that names %s', async (text, param) => {
    const { context, bodies } = setUp(text);
    expect(await parse(context, bodies)).toMatchObject({ code: 'invalid_request', status: 400, param });
    expect(context.scan).toBeNull();
  });

  it('a large body goes to a worker, and comes back in other memory', async () => {
    const { context, bodies, letThrough } = setUp(LARGE);
    const given = context.body;
    letThrough();
    expect(await parse(context, bodies)).toBeNull();
    expect(context.body).not.toBe(given);
    expect(context.body?.toString()).toBe(LARGE);
  });

  it.each(['while', 'before'])(
    '[REQ-7] a client that leaves %s it waits gives up its place',
    async (when) => {
      const { context, writer, bodies } = setUp(LARGE);
      if (when === 'before') writer.leave();
      const parsing = parse(context, bodies);
      if (when === 'while') writer.leave();
      await expect(parsing).rejects.toMatchObject({ code: 'client_closed' });
    },
  );

  it('hears of the client no more once it is done', async () => {
    const { context, writer, bodies, letThrough } = setUp(LARGE);
    letThrough();
    await parse(context, bodies);
    const aborting = AbortController.prototype.abort;
    let aborts = 0;
    AbortController.prototype.abort = () => void (aborts += 1);
    try {
      writer.leave();
    } finally {
      AbortController.prototype.abort = aborting;
    }
    expect(aborts).toBe(0);
  });
});
