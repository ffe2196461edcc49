import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { readBaseUrl } from '../../harness/clients-page.ts';
import { CITY, OUTPUT_TOKENS_MAX, runTool, TOOL, type SdkAnswer, type SdkDriver } from './sdk-driver.ts';

type Turn = Anthropic.MessageParam;

export const anthropicDriver: SdkDriver = {
  name: '@anthropic-ai/sdk',
  protocol: 'messages',
  connect(site, model) {
    const sdk = new Anthropic({
      baseURL: readBaseUrl('@anthropic-ai/sdk', site),
      apiKey: site.key,
      maxRetries: 0,
    });
    const base = { model, max_tokens: OUTPUT_TOKENS_MAX };
    const tools = [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }];
    const send = (messages: Turn[], stream: boolean, rest: object = {}) =>
      stream
        ? sdk.messages.stream({ ...base, messages, ...rest }).finalMessage()
        : sdk.messages.create({ ...base, messages, ...rest });
    return {
      ask: async (question, stream) => describe(await send([buildQuestion(question)], stream)),
      async useTools(question, stream) {
        const first = await send([buildQuestion(question)], stream, { tools });
        const calls = first.content.filter((block) => block.type === 'tool_use');
        const results = calls.map(({ id, input }) => ({
          type: 'tool_result' as const,
          tool_use_id: id,
          content: runTool(input),
        }));
        const turns: Turn[] = [
          buildQuestion(question),
          { role: 'assistant', content: first.content },
          { role: 'user', content: results },
        ];
        const second = await send(turns, stream, { tools });
        return { calls: calls.map(({ name, input }) => ({ name, input })), text: describe(second).text };
      },
      async askForObject(question) {
        const output_config = { format: zodOutputFormat(CITY) };
        const message = await sdk.messages.parse({
          ...base,
          messages: [buildQuestion(question)],
          output_config,
        });
        return message.parsed_output;
      },
      async showImage(question, data) {
        const source = { type: 'base64' as const, media_type: 'image/png' as const, data };
        const content = [
          { type: 'image' as const, source },
          { type: 'text' as const, text: question },
        ];
        return describe(await send([{ role: 'user', content }], false));
      },
      async abort(question) {
        const stream = sdk.messages.stream({ ...base, messages: [buildQuestion(question)] });
        stream.once('text', () => stream.abort());
        await stream.finalMessage().catch((error: unknown) => {
          if (!(error instanceof Anthropic.APIUserAbortError)) throw error;
        });
      },
      readStatus: (error) => (error instanceof Anthropic.APIError ? (error.status ?? 0) : null),
    };
  },
};

function buildQuestion(content: string): Turn {
  return { role: 'user', content };
}

function describe({ content, stop_reason, usage }: Anthropic.Message): SdkAnswer {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    finish: stop_reason === 'end_turn' ? 'stop' : stop_reason === 'tool_use' ? 'tools' : 'other',
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
  };
}
