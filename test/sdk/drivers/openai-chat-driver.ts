import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { readBaseUrl } from '../../harness/clients-page.ts';
import { CITY, runTool, TOOL, type SdkAnswer, type SdkDriver } from './sdk-driver.ts';

type Turn = OpenAI.ChatCompletionMessageParam;
type Completion = OpenAI.ChatCompletion;

export const openAiChatDriver: SdkDriver = {
  name: 'openai, chat',
  protocol: 'chat',
  connect(site, model) {
    const sdk = new OpenAI({ baseURL: readBaseUrl('openai', site), apiKey: site.key, maxRetries: 0 });
    const parameters = { ...TOOL.schema };
    const tools = [
      { type: 'function' as const, function: { name: TOOL.name, description: TOOL.description, parameters } },
    ];
    const send = (messages: Turn[], stream: boolean, rest: object = {}): Promise<Completion> =>
      stream
        ? sdk.chat.completions
            .stream({ model, messages, stream_options: { include_usage: true }, ...rest })
            .finalChatCompletion()
        : sdk.chat.completions.create({ model, messages, ...rest });
    return {
      ask: async (question, stream) => describe(await send([buildQuestion(question)], stream)),
      async useTools(question, stream) {
        const first = await send([buildQuestion(question)], stream, { tools });
        const message = first.choices[0]!.message;
        const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function');
        const results = calls.map(({ id, function: called }): Turn => ({
          role: 'tool',
          tool_call_id: id,
          content: runTool(JSON.parse(called.arguments)),
        }));
        const turns: Turn[] = [buildQuestion(question), message, ...results];
        const second = await send(turns, stream, { tools });
        return {
          calls: calls.map(({ function: { name, arguments: text } }) => ({
            name,
            input: JSON.parse(text) as unknown,
          })),
          text: describe(second).text,
        };
      },
      async askForObject(question) {
        const response_format = zodResponseFormat(CITY, 'city');
        const messages = [buildQuestion(question)];
        const completion = await sdk.chat.completions.parse({ model, messages, response_format });
        return completion.choices[0]?.message.parsed;
      },
      async showImage(text, png) {
        const image_url = { url: `data:image/png;base64,${png}` };
        const content = [
          { type: 'text' as const, text },
          { type: 'image_url' as const, image_url },
        ];
        return describe(await send([{ role: 'user', content }], false));
      },
      async abort(question) {
        const stream = await sdk.chat.completions.create({
          model,
          messages: [buildQuestion(question)],
          stream: true,
        });
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
      },
      readStatus: (error) => (error instanceof OpenAI.APIError ? (error.status ?? 0) : null),
    };
  },
};

function buildQuestion(content: string): Turn {
  return { role: 'user', content };
}

function describe({ choices: [choice], usage }: Completion): SdkAnswer {
  const finish = choice?.finish_reason;
  return {
    text: choice?.message.content ?? '',
    finish: finish === 'stop' ? 'stop' : finish === 'tool_calls' ? 'tools' : 'other',
    inputTokens: usage?.prompt_tokens ?? -1,
    outputTokens: usage?.completion_tokens ?? -1,
  };
}
