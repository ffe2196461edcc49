import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { listRecordings, type Recording } from '@tollgate/testkit';
import {
  createStreamTranslator,
  translateAnswer,
  type AnswerTranslationOptions,
  type WireProtocol,
} from '@tollgate/translate';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../harness/seeded-random.ts';

const NAMES: Record<WireProtocol, string> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};
const PROTOCOLS = Object.keys(NAMES) as WireProtocol[];
/** Streams of two answers, of which the oracle keeps the last. */
const DOUBLE = new Set([
  'anthropic/stream/spliced-message-start.sse',
  'anthropic/stream/anthropic-tool-search-deferred-bm25.sse',
  'anthropic/stream/anthropic-tool-search-regex.1.sse',
  'openai/stream/responses.azure-reasoning-encrypted-content.1.sse',
]);

interface Understood {
  text: string;
  calls: [name: string, input: unknown][];
}

const messages = [{ role: 'user' as const, content: 'Hello' }];
const model = 'client-model';

/** What the official SDKs make of the answer that stands behind `url`. */
const READERS: Record<WireProtocol, (url: string, isStream: boolean) => Promise<Understood>> = {
  messages: async (url, isStream) => {
    const sdk = new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0 });
    const body = { model, max_tokens: 9, messages };
    const message = isStream
      ? await sdk.messages.stream(body).finalMessage()
      : await sdk.messages.create(body);
    return {
      text: message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
      calls: message.content.flatMap((block): Understood['calls'] =>
        block.type === 'tool_use' ? [[block.name, block.input]] : [],
      ),
    };
  },
  chat: async (url, isStream) => {
    const sdk = new OpenAI({ baseURL: url, apiKey: 'key', maxRetries: 0 });
    const completion = isStream
      ? await sdk.chat.completions.stream({ model, messages }).finalChatCompletion()
      : await sdk.chat.completions.create({ model, messages });
    const message = completion.choices[0]?.message;
    return {
      text: message?.content ?? '',
      calls: (message?.tool_calls ?? []).flatMap((call): Understood['calls'] =>
        call.type === 'function' ? [[call.function.name, JSON.parse(call.function.arguments)]] : [],
      ),
    };
  },
  responses: async (url, isStream) => {
    const sdk = new OpenAI({ baseURL: url, apiKey: 'key', maxRetries: 0 });
    const body = { model, input: 'Hello' };
    const response = isStream
      ? await sdk.responses.stream(body).finalResponse()
      : await sdk.responses.create(body);
    return {
      text: response.output_text,
      calls: response.output.flatMap((item): Understood['calls'] =>
        item.type === 'function_call' ? [[item.name, JSON.parse(item.arguments)]] : [],
      ),
    };
  },
  gemini: async (url, isStream) => {
    const sdk = new GoogleGenAI({ apiKey: 'key', vertexai: false, httpOptions: { baseUrl: url } });
    const body = { model, contents: 'Hello' };
    const understood: Understood = { text: '', calls: [] };
    const chunks = isStream
      ? await sdk.models.generateContentStream(body)
      : [await sdk.models.generateContent(body)];
    for await (const chunk of chunks) {
      understood.text += chunk.text ?? '';
      for (const call of chunk.functionCalls ?? []) understood.calls.push([call.name ?? '', call.args]);
    }
    return understood;
  },
};

/** What an oracle outside the project read out of the recording. */
function readExpected({ expected_result: result }: Recording): { chars: number; calls: Understood['calls'] } {
  const calls = result?.['tool_calls'] as { name: string; arguments: unknown; partial?: boolean }[];
  return {
    chars: Number(result?.['text_chars']),
    calls: calls.map((call) => [call.name, call.partial ? expect.anything() : readInput(call.arguments)]),
  };
}

/** The oracle's word for the free text of a custom tool is `_raw`, ours is `input`. */
function readInput(input: unknown): unknown {
  return typeof input === 'object' && input !== null && '_raw' in input ? { input: input._raw } : input;
}

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
      const { text, calls } = await READERS[to](url, true);
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
      const { text, calls } = await READERS[to](url, false);
      const expected = readExpected(recording);
      expect([recording.file, [...text].length, calls]).toEqual([
        recording.file,
        expected.chars,
        expected.calls,
      ]);
    }
  });
});
