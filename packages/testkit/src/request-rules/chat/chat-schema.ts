import { z } from 'zod';
import * as openai from '../openai/openai-parts.ts';

const CALL_ID = 'string too long. Expected a string with maximum length 40';
const callId = openai.callId.max(40, CALL_ID);

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });
const userPart = z.discriminatedUnion('type', [
  textPart,
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({
      url: openai.imageUrl,
      detail: z.enum(['auto', 'low', 'high', 'original']).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('input_audio'),
    input_audio: z.strictObject({ data: z.string().min(1), format: z.enum(['wav', 'mp3']) }),
  }),
  z.strictObject({
    type: z.literal('file'),
    file: z.union([
      z.strictObject({ filename: z.string().min(1), file_data: openai.fileData }),
      z.strictObject({ file_id: z.string() }),
    ]),
  }),
]);

const parts = <Part extends z.ZodType>(part: Part) =>
  z.union([z.string(), z.array(part).min(1, 'empty array. Expected an array with minimum length 1')]);
const name = z.string().optional();

const toolCall = z.discriminatedUnion('type', [
  z.strictObject({
    id: callId,
    type: z.literal('function'),
    function: z.strictObject({
      name: openai.functionName,
      arguments: z.string(),
      parsed_arguments: z.unknown().optional(),
    }),
  }),
  z.looseObject({ id: callId, type: z.literal('custom') }),
]);

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: parts(textPart), name }),
  z.strictObject({ role: z.literal('developer'), content: parts(textPart), name }),
  z.strictObject({ role: z.literal('user'), content: parts(userPart), name }),
  z.strictObject({
    role: z.literal('assistant'),
    content: parts(z.discriminatedUnion('type', [textPart, refusalPart])).nullish(),
    refusal: z.string().nullish(),
    name,
    tool_calls: z.array(toolCall).min(1, '[] is too short').optional(),
    annotations: z.unknown().optional(),
    // What OpenAI's SDK adds to an answer comes back with it.
    parsed: z.unknown().optional(),
    audio: z.unknown().optional(),
    function_call: z.unknown().optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: callId, content: parts(textPart) }),
]);

const tool = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: openai.functionName,
      description: z.string().optional(),
      parameters: openai.jsonObject.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
  z.looseObject({ type: z.literal('custom') }),
]);

const namedTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: openai.functionName }),
});
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  namedTool,
  z.strictObject({
    type: z.literal('allowed_tools'),
    allowed_tools: z.strictObject({ mode: z.enum(['auto', 'required']), tools: z.array(namedTool).min(1) }),
  }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: openai.formatName,
      description: z.string().optional(),
      schema: openai.jsonObject,
      strict: z.boolean().nullish(),
    }),
  }),
]);

const tokens = z.int().min(1, 'integer below minimum value. Expected a value >= 1').nullish();

/** A body of `POST /v1/chat/completions`; unknown fields are refused as OpenAI does. */
export const chatSchema = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1, 'empty array. Expected an array with minimum length 1'),
  tools: z.array(tool).min(1, '[] is too short').max(128, 'array too long').optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  stop: z.union([z.string(), z.array(z.string()).max(4, 'array too long')]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  temperature: openai.temperature,
  top_p: openai.topP,
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  n: z.int().min(1).max(128).nullish(),
  seed: z.int().nullish(),
  response_format: responseFormat.optional(),
  reasoning_effort: openai.effort,
  verbosity: openai.verbosity,
  service_tier: openai.serviceTier,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  logit_bias: z.unknown().optional(),
  modalities: z.array(z.string()).nullish(),
  audio: z.unknown().optional(),
  prediction: z.unknown().optional(),
  web_search_options: z.unknown().optional(),
  prompt_cache_key: z.string().optional(),
  prompt_cache_retention: z.string().nullish(),
  prompt_cache_options: z.unknown().optional(),
  safety_identifier: z.string().optional(),
  user: z.string().optional(),
  store: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  functions: z.unknown().optional(),
  function_call: z.unknown().optional(),
});

export type ChatBody = z.infer<typeof chatSchema>;
