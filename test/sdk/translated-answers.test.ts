import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listRecordings } from '@tollgate/testkit';
import {
  createStreamTranslator,
  translateAnswer,
  type AnswerTranslationOptions,
  type WireProtocol,
} from '@tollgate/translate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { DOUBLE, readExpected, SDK_READERS } from './drivers/recorded-readers.ts';

const NAMES: Record<WireProtocol, string> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};
const PROTOCOLS = Object.keys(NAMES) as WireProtocol[];
const model = 'client-model';

function buildOptions(from: WireProtocol, to: WireProtocol): AnswerTranslationOptions {
  let made = 0;
  const context = { includesUsage: true, showsThoughts: true, toolNames: {}, echo: {} };
  return { from, to, model, context, createdAtS: 1_700_000_000, createId: () => `made${(made += 1)}` };
}

/** The vendors' own SDKs parse what the translators write, sent in pieces cut at random bytes (API-8). */
describe('translated answers as the official SDKs read them', () => {
  const random = createSeededRandom('translated answers');
  let server: Server;
  let url = '';
  let answer: { type: string; bytes: Buffer } = { type: '', bytes: Buffer.alloc(0) };

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': answer.type });
      for (let at = 0; at < answer.bytes.length;) {
        const bytes = 1 + Math.floor(random() * 700);
        response.write(answer.bytes.subarray(at, at + bytes));
        at += bytes;
      }
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const PAIRS = PROTOCOLS.flatMap((from) =>
    PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
  );

  it.each(PAIRS)('[API-8] streamed, %s → %s', async (from, to) => {
    const recordings = listRecordings({ protocol: NAMES[from], kind: 'stream' }).filter(
      ({ file }) => !DOUBLE.has(file),
    );
    expect(recordings.length).toBeGreaterThan(10);
    for (const recording of recordings) {
      const translator = createStreamTranslator(buildOptions(from, to));
      const bytes = Buffer.concat([translator.push(recording.readBytes()), translator.end()]);
      answer = { type: 'text/event-stream', bytes };
      const { text, calls } = await SDK_READERS[to]({ url, key: 'key', model }, true);
      const expected = readExpected(recording);
      expect([recording.file, [...text].length, calls]).toEqual([
        recording.file,
        expected.chars,
        expected.calls,
      ]);
    }
  });

  it.each(PAIRS)('[API-8] whole, %s → %s', async (from, to) => {
    for (const recording of listRecordings({ protocol: NAMES[from], kind: 'json' })) {
      const translated = translateAnswer(recording.readBytes(), buildOptions(from, to));
      answer = { type: 'application/json', bytes: Buffer.from(translated?.body ?? []) };
      const { text, calls } = await SDK_READERS[to]({ url, key: 'key', model }, false);
      const expected = readExpected(recording);
      expect([recording.file, [...text].length, calls]).toEqual([
        recording.file,
        expected.chars,
        expected.calls,
      ]);
    }
  });
});
