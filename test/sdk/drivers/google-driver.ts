import {
  ApiError,
  GoogleGenAI,
  type Content,
  type GenerateContentConfig,
  type GenerateContentResponse,
} from '@google/genai';
import { z } from 'zod';
import { readBaseUrl } from '../../harness/clients-page.ts';
import { CITY, runTool, TOOL, type SdkAnswer, type SdkDriver } from './sdk-driver.ts';

export const googleDriver: SdkDriver = {
  name: '@google/genai',
  protocol: 'gemini',
  connect(site, model) {
    const baseUrl = readBaseUrl('@google/genai', site);
    const sdk = new GoogleGenAI({ apiKey: site.key, vertexai: false, httpOptions: { baseUrl } });
    const declaration = { name: TOOL.name, description: TOOL.description, parametersJsonSchema: TOOL.schema };
    const tools = [{ functionDeclarations: [declaration] }];
    const send = async (contents: Content[], stream: boolean, config: GenerateContentConfig = {}) => {
      if (!stream) return [await sdk.models.generateContent({ model, contents, config })];
      const chunks: GenerateContentResponse[] = [];
      const call = { model, contents, config };
      for await (const chunk of await sdk.models.generateContentStream(call)) chunks.push(chunk);
      return chunks;
    };
    return {
      ask: async (question, stream) => describe(await send([buildQuestion(question)], stream)),
      async useTools(question, stream) {
        const first = await send([buildQuestion(question)], stream, { tools });
        const parts = first.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
        const calls = first.flatMap((chunk) => chunk.functionCalls ?? []);
        const results = calls.map(({ id, name = '', args }) => ({
          functionResponse: { ...(id !== undefined && { id }), name, response: { output: runTool(args) } },
        }));
        const turns = [buildQuestion(question), { role: 'model', parts }, { role: 'user', parts: results }];
        const second = await send(turns, stream, { tools });
        return {
          calls: calls.map(({ name = '', args }) => ({ name, input: args })),
          text: describe(second).text,
        };
      },
      async askForObject(question) {
        const responseJsonSchema = z.toJSONSchema(CITY);
        const config = { responseMimeType: 'application/json', responseJsonSchema };
        const [answer] = await send([buildQuestion(question)], false, config);
        return CITY.parse(JSON.parse(answer?.text ?? ''));
      },
      async showImage(text, data) {
        const parts = [{ inlineData: { mimeType: 'image/png', data } }, { text }];
        return describe(await send([{ role: 'user', parts }], false));
      },
      async abort(question) {
        const leaving = new AbortController();
        const config = { abortSignal: leaving.signal };
        const stream = await sdk.models.generateContentStream({ model, contents: question, config });
        try {
          for await (const chunk of stream) if (chunk.text) leaving.abort();
        } catch (error) {
          if (!leaving.signal.aborted) throw error;
        }
      },
      readStatus: (error) => (error instanceof ApiError ? error.status : null),
    };
  },
};

function buildQuestion(text: string): Content {
  return { role: 'user', parts: [{ text }] };
}

function describe(chunks: readonly GenerateContentResponse[]): SdkAnswer {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const last = chunks.at(-1);
  const isStop = last?.candidates?.[0]?.finishReason === 'STOP';
  return {
    text: parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join(''),
    finish: !isStop ? 'other' : parts.some((part) => part.functionCall) ? 'tools' : 'stop',
    inputTokens: last?.usageMetadata?.promptTokenCount ?? -1,
    outputTokens: last?.usageMetadata?.candidatesTokenCount ?? -1,
  };
}
