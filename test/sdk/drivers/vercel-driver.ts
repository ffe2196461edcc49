import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import {
  APICallError,
  generateText,
  Output,
  stepCountIs,
  streamText,
  tool,
  type FinishReason,
  type LanguageModel,
  type LanguageModelUsage,
} from 'ai';
import { z } from 'zod';
import { readBaseUrl, type ClientSite } from '../../harness/clients-page.ts';
import { CITY, OUTPUT_TOKENS_MAX, runTool, TOOL, type SdkAnswer, type SdkDriver } from './sdk-driver.ts';

const tools = {
  [TOOL.name]: tool({
    description: TOOL.description,
    inputSchema: z.object({ city: z.string() }),
    execute: async (input) => runTool(input),
  }),
};

/** Vercel's AI SDK over one of its providers. It runs tools itself. */
function createVercelDriver(
  name: string,
  protocol: SdkDriver['protocol'],
  connectModel: (site: ClientSite, model: string) => LanguageModel,
): SdkDriver {
  const connect: SdkDriver['connect'] = (site, id) => {
    const base = { model: connectModel(site, id), maxRetries: 0, maxOutputTokens: OUTPUT_TOKENS_MAX };
    return {
      async ask(prompt, stream) {
        if (!stream) return describe(await generateText({ ...base, prompt }));
        return describe(await collect(startStream({ ...base, prompt })));
      },
      async useTools(prompt, stream) {
        const call = { ...base, prompt, tools, stopWhen: stepCountIs(2) };
        const { steps, text } = stream ? await collect(startStream(call)) : await generateText(call);
        const calls = steps.flatMap((step) => step.toolCalls);
        return { calls: calls.map(({ toolName, input }) => ({ name: toolName, input })), text };
      },
      async askForObject(prompt) {
        const { output } = await generateText({ ...base, prompt, output: Output.object({ schema: CITY }) });
        return output;
      },
      async showImage(text, image) {
        const content = [
          { type: 'text' as const, text },
          { type: 'file' as const, data: image, mediaType: 'image/png' },
        ];
        return describe(await generateText({ ...base, messages: [{ role: 'user', content }] }));
      },
      async abort(prompt) {
        const leaving = new AbortController();
        const stream = streamText({ ...base, prompt, abortSignal: leaving.signal });
        for await (const part of stream.fullStream) if (part.type === 'text-delta') leaving.abort();
      },
      readStatus: (error) => (APICallError.isInstance(error) ? (error.statusCode ?? 0) : null),
    };
  };
  return { name, protocol, connect };
}

export const vercelDrivers: readonly SdkDriver[] = [
  createVercelDriver('ai, @ai-sdk/anthropic', 'messages', (site, model) =>
    createAnthropic({ baseURL: readBaseUrl('@ai-sdk/anthropic', site), apiKey: site.key })(model),
  ),
  createVercelDriver('ai, @ai-sdk/openai, chat', 'chat', (site, model) =>
    createOpenAI({ baseURL: readBaseUrl('@ai-sdk/openai', site), apiKey: site.key }).chat(model),
  ),
  createVercelDriver('ai, @ai-sdk/openai, responses', 'responses', (site, model) =>
    createOpenAI({ baseURL: readBaseUrl('@ai-sdk/openai', site), apiKey: site.key }).responses(model),
  ),
  createVercelDriver('ai, @ai-sdk/google', 'gemini', (site, model) =>
    createGoogleGenerativeAI({ baseURL: readBaseUrl('@ai-sdk/google', site), apiKey: site.key })(model),
  ),
];

/** It reports errors of a stream aside, and ends it as if nothing were. */
function startStream(call: Parameters<typeof streamText>[0]) {
  const failures: unknown[] = [];
  const result = streamText({ ...call, onError: ({ error }) => void failures.push(error) });
  return { result, failures };
}

async function collect({ result, failures }: ReturnType<typeof startStream>) {
  await result.consumeStream();
  if (failures.length > 0) throw failures[0];
  const [text, finishReason, usage, steps] = await Promise.all([
    result.text,
    result.finishReason,
    result.usage,
    result.steps,
  ]);
  return { text, finishReason, usage, steps };
}

function describe(answer: {
  text: string;
  finishReason: FinishReason;
  usage: LanguageModelUsage;
}): SdkAnswer {
  const { text, finishReason, usage } = answer;
  return {
    text,
    finish: finishReason === 'stop' ? 'stop' : finishReason === 'tool-calls' ? 'tools' : 'other',
    inputTokens: usage.inputTokens ?? -1,
    outputTokens: usage.outputTokens ?? -1,
  };
}
