import { z } from 'zod';
import { assistantContent, systemContent, userContent } from './messages-blocks.ts';

/** https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use */
const clientTool = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/u, 'String should match pattern ^[a-zA-Z0-9_-]{1,128}$'),
  description: z.string().optional(),
  input_schema: z
    .looseObject({ type: z.literal('object') })
    .refine(
      (schema) => !('anyOf' in schema || 'oneOf' in schema || 'allOf' in schema),
      'input_schema does not support oneOf, allOf, or anyOf at the top level',
    ),
  type: z.literal('custom').nullish(),
  strict: z.boolean().optional(),
  cache_control: z.unknown().optional(),
  defer_loading: z.boolean().optional(),
  eager_input_streaming: z.boolean().optional(),
  input_examples: z.array(z.unknown()).optional(),
  allowed_callers: z.array(z.string()).optional(),
});
/** Anthropic's own, by names that change with each version. */
const serverTool = z.looseObject({
  type: z
    .string()
    .regex(/^[a-z][a-z0-9_]+$/u)
    .refine((type) => type !== 'custom' && type !== 'function', 'does not match any of the expected tags'),
});

const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('any'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('tool'),
    name: z.string(),
    disable_parallel_tool_use: z.boolean().optional(),
  }),
]);

const thinking = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('enabled'),
    budget_tokens: z.int().min(1024, 'Input should be greater than or equal to 1024'),
    display: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('adaptive'), display: z.string().optional() }),
  z.strictObject({ type: z.literal('disabled') }),
]);

const outputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z
    .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
    .nullish(),
  task_budget: z.unknown().optional(),
});

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: userContent }),
  z.strictObject({ role: z.literal('assistant'), content: assistantContent }),
  z.strictObject({
    role: z.literal('system'),
    content: systemContent,
    output_config: outputConfig.optional(),
  }),
]);

/** A body of `POST /v1/messages`, as its reference has it; unknown fields are refused as Anthropic does. */
export const messagesSchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1, 'Input should be greater than or equal to 1').optional(),
  messages: z.array(message).min(1, 'at least one message is required'),
  system: systemContent.optional(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  stop_sequences: z
    .array(z.string().refine((stop) => stop.trim() !== '', 'each stop sequence must contain non-whitespace'))
    .optional(),
  tools: z.array(z.union([clientTool, serverTool])).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  output_config: outputConfig.optional(),
  output_format: z.unknown().optional(),
  metadata: z.strictObject({ user_id: z.string().nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  speed: z.string().optional(),
  container: z.unknown().optional(),
  mcp_servers: z.array(z.unknown()).optional(),
  context_management: z.unknown().optional(),
  inference_geo: z.string().nullish(),
  cache_control: z.unknown().optional(),
  fallbacks: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
});

export type MessagesBody = z.infer<typeof messagesSchema>;
export type MessagesTurn = MessagesBody['messages'][number];
