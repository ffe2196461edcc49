import { parseArguments } from '../conversation/build-arguments.ts';
import type {
  AssistantBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
  UserBlock,
} from '../conversation/blocks.ts';
import type { Turn } from '../conversation/conversation-request.ts';
import { fitToolName } from '../conversation/fit-tool-name.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { EMPTY_TEXT, joinTurns, sortResultsFirst, type SpokenTurn } from '../conversation/join-turns.ts';
import type { JsonObject } from '../json/json-object.ts';
import { MESSAGES_NAMES } from './build-tools.ts';

/** `messages`: user first, in alternation, results first, nothing empty. */
export function buildMessagesTurns(turns: readonly Turn[], scope: RequestScope): JsonObject[] {
  const spoken = joinTurns(turns);
  const messages = spoken.map((turn, index) => buildMessage(turn, index === spoken.length - 1, scope));
  return messages[0]?.['role'] === 'user' ? messages : [buildEmptyMessage(), ...messages];
}

function buildEmptyMessage(): JsonObject {
  return { role: 'user', content: [{ type: 'text', text: EMPTY_TEXT }] };
}

function buildMessage(turn: SpokenTurn, isLast: boolean, scope: RequestScope): JsonObject {
  const content =
    turn.role === 'user'
      ? sortResultsFirst(turn.blocks).flatMap(buildUserBlock)
      : turn.blocks.flatMap((block) => buildAssistantBlock(block, scope));
  if (content.length === 0) content.push({ type: 'text', text: EMPTY_TEXT });
  const last = content.at(-1);
  // The beginning of an answer must not end with white space.
  if (isLast && turn.role === 'assistant' && typeof last?.['text'] === 'string') {
    last['text'] = last['text'].trimEnd();
  }
  return { role: turn.role, content };
}

function buildUserBlock(block: UserBlock): JsonObject[] {
  switch (block.type) {
    case 'text':
      return buildText(block.text);
    case 'image':
      return [buildImage(block)];
    case 'document':
      return [buildDocument(block)];
    case 'tool-result':
      return [buildToolResult(block)];
    case 'audio':
      // Refused by the policy before it gets here.
      return [];
  }
}

function buildAssistantBlock(block: AssistantBlock, scope: RequestScope): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return buildText(block.text);
    case 'tool-call':
      return [buildToolCall(block, scope)];
    case 'thinking':
      return buildThinkingBlock(block.text, block.madeBy === 'messages' ? block.signature : null);
  }
}

function buildToolCall({ id, name, arguments: json }: ToolCallBlock, { context }: RequestScope): JsonObject {
  const fitted = fitToolName(name, MESSAGES_NAMES, context);
  return { type: 'tool_use', id, name: fitted, input: parseArguments(json) };
}

/** Without the signature that Anthropic made, a thinking block is refused. */
function buildThinkingBlock(thinking: string, signature: string | null): JsonObject[] {
  return signature === null ? [] : [{ type: 'thinking', thinking, signature }];
}

function buildText(text: string): JsonObject[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function buildToolResult({ callId, content, isError }: ToolResultBlock): JsonObject {
  const parts = content.flatMap(buildResultPart);
  return {
    type: 'tool_result',
    tool_use_id: callId,
    ...(parts.length > 0 && { content: parts }),
    ...(isError && { is_error: true }),
  };
}

function buildResultPart(part: TextBlock | ImageBlock | DocumentBlock): JsonObject[] {
  if (part.type === 'text') return buildText(part.text);
  return [part.type === 'image' ? buildImage(part) : buildDocument(part)];
}

function buildImage({ source }: ImageBlock): JsonObject {
  return { type: 'image', source: buildSource(source) };
}

function buildDocument({ source, name }: DocumentBlock): JsonObject {
  const isText = source.kind === 'text';
  return {
    type: 'document',
    source: isText ? { type: 'text', media_type: 'text/plain', data: source.text } : buildSource(source),
    ...(name !== null && { title: name }),
  };
}

function buildSource(source: MediaSource): JsonObject {
  if (source.kind === 'url') return { type: 'url', url: source.url };
  return { type: 'base64', media_type: source.mediaType, data: source.data };
}
