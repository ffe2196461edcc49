import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import type { WireProtocol } from '@tollgate/translate';
import { streamText, type LanguageModel } from 'ai';
import type { RecordedReader, ReaderSite } from './recorded-readers.ts';

const MODELS: Readonly<Record<WireProtocol, (site: ReaderSite) => LanguageModel>> = {
  messages: ({ url, key, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
  chat: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model),
  responses: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(model),
  gemini: ({ url, key, model }) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(model),
};

/** What Vercel's AI SDK makes of a stream, over its own provider of the protocol; text and calls. */
export function createVercelReader(protocol: WireProtocol): RecordedReader {
  return async (site) => {
    const failures: unknown[] = [];
    const onError = ({ error }: { error: unknown }): void => void failures.push(error);
    const result = streamText({ model: MODELS[protocol](site), prompt: 'Hello', maxRetries: 0, onError });
    await result.consumeStream();
    if (failures.length > 0) throw failures[0];
    const [text, calls] = await Promise.all([result.text, result.toolCalls]);
    return { text, calls: calls.map(({ toolName, input }) => [toolName, input]) };
  };
}
