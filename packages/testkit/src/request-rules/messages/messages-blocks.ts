import { z } from 'zod';

/** `scope` comes with the beta of shared prompt caches. */
const cacheControl = z
  .strictObject({
    type: z.literal('ephemeral'),
    ttl: z.enum(['5m', '1h']).optional(),
    scope: z.string().optional(),
  })
  .nullish();
const toolId = z.string().regex(/^[a-zA-Z0-9_-]+$/u, 'String should match pattern ^[a-zA-Z0-9_-]+$');
/** Blocks that Anthropic's own tools leave: whatever is in them, they are its own. */
const SERVER_BLOCK =
  /^(?:server_tool_use|mcp_tool_use|compaction|container_upload|tool_reference|fallback|advisor_\w+|\w+_tool_result)$/u;

const address = z.string().regex(/^https?:\/\//u, 'Only HTTP(S) URLs are supported');
const base64 = z.string().regex(/^[A-Za-z0-9+/]+=*$/u, 'Invalid base64 data');
const urlSource = z.strictObject({ type: z.literal('url'), url: address });
const fileSource = z.strictObject({ type: z.literal('file'), file_id: z.string() });

export const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z
    .string()
    .refine((text) => text.trim() !== '', 'text content blocks must contain non-whitespace text'),
  cache_control: cacheControl,
  citations: z.array(z.unknown()).nullish(),
});

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: base64,
    }),
    urlSource,
    fileSource,
  ]),
  cache_control: cacheControl,
});

const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
    z.strictObject({
      type: z.literal('text'),
      media_type: z.literal('text/plain'),
      data: z.string().min(1, 'document text must not be empty'),
    }),
    z.strictObject({ type: z.literal('content'), content: z.unknown() }),
    urlSource,
    fileSource,
  ]),
  title: z.string().min(1).max(500).nullish(),
  context: z.string().nullish(),
  citations: z.strictObject({ enabled: z.boolean().optional() }).nullish(),
  cache_control: cacheControl,
});

const searchResult = z.looseObject({ type: z.literal('search_result') });
const toolReference = z.strictObject({
  type: z.literal('tool_reference'),
  tool_name: z.string(),
  cache_control: cacheControl,
});

const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z
    .union([
      z.string(),
      z.array(
        z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResult, toolReference]),
      ),
    ])
    .optional(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
});

const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: toolId,
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown(), 'Input should be a valid dictionary'),
  cache_control: cacheControl,
  caller: z.unknown().optional(),
});

const thinking = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string().min(1),
});
const redacted = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().min(1) });
const serverBlock = z.looseObject({
  type: z
    .string()
    .regex(SERVER_BLOCK, { message: 'Input tag does not match any of the expected tags', abort: true }),
});

export const systemContent = z.union([z.string(), z.array(textBlock)]);
export const userContent = z.union([
  z.string().min(1, 'user messages must have non-empty content'),
  z
    .array(
      z.union([
        z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResult, toolResult]),
        serverBlock,
      ]),
    )
    .min(1, 'user messages must have non-empty content'),
]);
export const assistantContent = z.union([
  z.string(),
  z.array(
    z.union([
      z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, thinking, redacted, toolUse]),
      serverBlock,
    ]),
  ),
]);
