import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { readBaseUrl } from '../../harness/clients-page.ts';
import { CITY, runTool, TOOL, type SdkAnswer, type SdkDriver } from './sdk-driver.ts';

type Input = OpenAI.Responses.ResponseInput;
type Response = OpenAI.Responses.Response;

export const openAiResponsesDriver: SdkDriver = {
  name: 'openai, responses',
  protocol: 'responses',
  connect(site, model) {
    const sdk = new OpenAI({ baseURL: readBaseUrl('openai', site), apiKey: site.key, maxRetries: 0 });
    const tools = [
      {
        type: 'function' as const,
        name: TOOL.name,
        description: TOOL.description,
        parameters: { ...TOOL.schema },
        strict: false,
      },
    ];
    const send = (input: Input, stream: boolean, rest: object = {}): Promise<Response> =>
      stream
        ? sdk.responses.stream({ model, input, ...rest }).finalResponse()
        : sdk.responses.create({ model, input, ...rest });
    return {
      ask: async (question, stream) => describe(await send(buildQuestion(question), stream)),
      async useTools(question, stream) {
        const first = await send(buildQuestion(question), stream, { tools });
        const calls = first.output.filter((item) => item.type === 'function_call');
        // As the SDK's users do it: what came is sent back, with the results behind it.
        const said = calls.map(({ call_id, name, arguments: text }) => ({
          type: 'function_call' as const,
          call_id,
          name,
          arguments: text,
        }));
        const results = calls.map(({ call_id, arguments: text }) => ({
          type: 'function_call_output' as const,
          call_id,
          output: runTool(JSON.parse(text)),
        }));
        const second = await send([...buildQuestion(question), ...said, ...results], stream, { tools });
        return {
          calls: calls.map(({ name, arguments: text }) => ({ name, input: JSON.parse(text) as unknown })),
          text: second.output_text,
        };
      },
      async askForObject(question) {
        const text = { format: zodTextFormat(CITY, 'city') };
        return (await sdk.responses.parse({ model, input: question, text })).output_parsed;
      },
      async showImage(text, png) {
        const image_url = `data:image/png;base64,${png}`;
        const content = [
          { type: 'input_text' as const, text },
          { type: 'input_image' as const, image_url, detail: 'auto' as const },
        ];
        return describe(await send([{ role: 'user', content }], false));
      },
      async abort(question) {
        const stream = await sdk.responses.create({ model, input: question, stream: true });
        for await (const event of stream)
          if (event.type === 'response.output_text.delta') stream.controller.abort();
      },
      readStatus: (error) => (error instanceof OpenAI.APIError ? (error.status ?? 0) : null),
    };
  },
};

function buildQuestion(content: string): Input {
  return [{ role: 'user', content }];
}

function describe({ output, output_text, status, usage }: Response): SdkAnswer {
  const isCalling = output.some((item) => item.type === 'function_call');
  return {
    text: output_text,
    finish: status !== 'completed' ? 'other' : isCalling ? 'tools' : 'stop',
    inputTokens: usage?.input_tokens ?? -1,
    outputTokens: usage?.output_tokens ?? -1,
  };
}
