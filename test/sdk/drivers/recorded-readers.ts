import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import type { Recording } from '@tollgate/testkit';
import type { WireProtocol } from '@tollgate/translate';
import OpenAI from 'openai';
import { expect } from 'vitest';

/** Streams of two answers, of which the oracle keeps the last. */
export const DOUBLE = new Set([
  'anthropic/stream/spliced-message-start.sse',
  'anthropic/stream/anthropic-tool-search-deferred-bm25.sse',
  'anthropic/stream/anthropic-tool-search-regex.1.sse',
  'openai/stream/responses.azure-reasoning-encrypted-content.1.sse',
]);

export interface ReaderSite {
  /** The SDK's base URL. */
  url: string;
  key: string;
  model: string;
}

export type RecordedReader = (site: ReaderSite, isStream: boolean) => Promise<Understood>;

export interface Understood {
  text: string;
  calls: [name: string, input: unknown][];
}

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }];
/** What the official SDKs make of the answer that stands behind `url`. */
export const SDK_READERS: Readonly<Record<WireProtocol, RecordedReader>> = {
  messages: async ({ url, key, model }, isStream) => {
    const sdk = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
    const body = { model, max_tokens: 9, messages: MESSAGES };
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
  chat: async ({ url, key, model }, isStream) => {
    const sdk = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
    const completion = isStream
      ? await sdk.chat.completions.stream({ model, messages: MESSAGES }).finalChatCompletion()
      : await sdk.chat.completions.create({ model, messages: MESSAGES });
    const message = completion.choices[0]?.message;
    return {
      text: message?.content ?? '',
      calls: (message?.tool_calls ?? []).flatMap((call): Understood['calls'] =>
        call.type === 'function' ? [[call.function.name, JSON.parse(call.function.arguments)]] : [],
      ),
    };
  },
  responses: async ({ url, key, model }, isStream) => {
    const sdk = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
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
  gemini: async ({ url, key, model }, isStream) => {
    const sdk = new GoogleGenAI({ apiKey: key, vertexai: false, httpOptions: { baseUrl: url } });
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
export function readExpected({ expected_result: result }: Recording): {
  chars: number;
  calls: Understood['calls'];
} {
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
