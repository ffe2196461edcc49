import { z } from 'zod';
import * as openai from '../openai/openai-parts.ts';

const itemId = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}`, 'u'), `Expected an ID that begins with '${prefix}'.`)
    .nullish();
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish();

/** Codex sends it to OpenAI with items of every kind. */
const ofCodex = { internal_chat_message_metadata_passthrough: z.unknown().optional() };

const inputText = z.strictObject({
  type: z.literal('input_text'),
  text: z.string(),
  prompt_cache_breakpoint: z.unknown().optional(),
});
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: openai.imageUrl.nullish(),
  file_id: z.string().nullish(),
  detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
});
const inputFile = z.strictObject({
  type: z.literal('input_file'),
  filename: z.string().min(1).nullish(),
  file_data: openai.fileData.nullish(),
  file_url: z
    .string()
    .regex(/^https?:/u)
    .nullish(),
  file_id: z.string().nullish(),
});
const inputPart = z.discriminatedUnion('type', [inputText, inputImage, inputFile]);
const outputText = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()).optional(),
  logprobs: z.unknown().optional(),
});
const refusal = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });
const filled = 'empty array. Expected an array with minimum length 1';

const spokenItem = <Role extends string>(role: Role) =>
  z.strictObject({
    type: z.literal('message').optional(),
    role: z.literal(role),
    content: z.union([z.string(), z.array(inputPart).min(1, filled)]),
    id: itemId('msg'),
    status,
    ...ofCodex,
  });
const assistantItem = z.strictObject({
  type: z.literal('message').optional(),
  role: z.literal('assistant'),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [outputText, refusal])).min(1, filled)]),
  id: itemId('msg'),
  status,
  ...ofCodex,
  phase: z.string().nullish(),
});
const messageItem = z.discriminatedUnion('role', [
  spokenItem('user'),
  spokenItem('system'),
  spokenItem('developer'),
  assistantItem,
]);

const callItem = z.strictObject({
  type: z.literal('function_call'),
  id: itemId('fc'),
  call_id: openai.callId,
  name: openai.functionName,
  namespace: z.string().nullish(),
  arguments: z.string(),
  status,
  ...ofCodex,
});
const output = z.union([z.string(), z.array(inputPart)]);
const outputItem = z.strictObject({
  type: z.literal('function_call_output'),
  id: itemId('fc'),
  call_id: openai.callId,
  output,
  status,
  ...ofCodex,
});
const customCallItem = z.strictObject({
  type: z.literal('custom_tool_call'),
  id: z.string().nullish(),
  call_id: openai.callId,
  name: z.string(),
  namespace: z.string().nullish(),
  input: z.string(),
  status,
  ...ofCodex,
});
const customOutputItem = z.strictObject({
  type: z.literal('custom_tool_call_output'),
  id: z.string().nullish(),
  call_id: openai.callId,
  name: z.string().optional(),
  output,
  status,
  ...ofCodex,
});
const reasoningItem = z.strictObject({
  type: z.literal('reasoning'),
  id: itemId('rs'),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
  content: z.unknown().optional(),
  encrypted_content: z.string().nullish(),
  status,
  ...ofCodex,
});
/** What OpenAI's own tools leave, and what Codex sends beside. */
const OWN_ITEM =
  /^(?:\w+_call|\w+_call_output|tool_search_output|additional_tools|compaction|compaction_\w+|item_reference|mcp_\w+|image_generation_call)$/u;
const ownItem = z.looseObject({
  type: z
    .string()
    .regex(OWN_ITEM, { message: 'Invalid value', abort: true })
    .refine((type) => !/^(?:function|custom_tool)_call(?:_output)?$/u.test(type)),
});

const typedItem = z.union([
  z.discriminatedUnion('type', [callItem, outputItem, customCallItem, customOutputItem, reasoningItem]),
  messageItem,
  ownItem,
]);

const functionTool = z.strictObject({
  type: z.literal('function'),
  name: openai.functionName,
  description: z.string().nullish(),
  parameters: openai.jsonObject.nullish(),
  strict: z.boolean().nullish(),
  defer_loading: z.boolean().optional(),
});
const OWN_TOOL =
  /^(?:custom|web_search(?:_\w+)?|file_search|code_interpreter|image_generation|mcp|local_shell|shell|apply_patch|computer\w*|tool_search|namespace)$/u;
const ownTool = z.looseObject({
  type: z.string().regex(OWN_TOOL, { message: 'Invalid value', abort: true }),
});

const namedTool = z.strictObject({ type: z.literal('function'), name: openai.functionName });
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  namedTool,
  z.strictObject({
    type: z.literal('allowed_tools'),
    mode: z.enum(['auto', 'required']),
    tools: z.array(namedTool).min(1),
  }),
  z.looseObject({ type: z.string().regex(/^(?:custom|web_search\w*|mcp|file_search)$/u) }),
]);

const textFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: openai.formatName,
    description: z.string().nullish(),
    schema: openai.jsonObject,
    strict: z.boolean().nullish(),
  }),
]);

/** A body of `POST /v1/responses`; unknown fields are refused as OpenAI does. */
export const responsesSchema = z.strictObject({
  model: z.string(),
  input: z.union([z.string(), z.array(typedItem).min(1, filled)]).optional(),
  instructions: z.string().nullish(),
  tools: z.array(z.union([functionTool, ownTool])).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .strictObject({
      effort: openai.effort,
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      generate_summary: z.unknown().optional(),
      context: z.unknown().optional(),
    })
    .nullish(),
  text: z.strictObject({ format: textFormat.optional(), verbosity: openai.verbosity }).optional(),
  max_output_tokens: z.int().min(16, 'integer below minimum value. Expected a value >= 16').nullish(),
  max_tool_calls: z.int().nullish(),
  temperature: openai.temperature,
  top_p: openai.topP,
  top_logprobs: z.int().min(0).max(20).nullish(),
  include: z.array(z.string()).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.unknown().optional(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  prompt: z.unknown().optional(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  prompt_cache_options: z.unknown().optional(),
  safety_identifier: z.string().nullish(),
  user: z.string().optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  client_metadata: z.unknown().optional(),
  service_tier: openai.serviceTier,
  background: z.boolean().nullish(),
  context_management: z.unknown().optional(),
});

export type ResponsesBody = z.infer<typeof responsesSchema>;
