import type { AnswerContext } from '../conversation/answer-context.ts';
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
import { buildDocumentText } from '../conversation/build-document-text.ts';
import { fitToolName, OPENAI_NAMES } from '../conversation/fit-tool-name.ts';
import { EMPTY_TEXT, joinText, sortResultsFirst } from '../conversation/join-turns.ts';
import type { JsonObject } from '../json/json-object.ts';

/** OpenAI wants a name for every file. */
const FILE_NAMES: Readonly<Record<string, string>> = { 'application/pdf': 'document.pdf' };

/** `input`: one item for each message, call and result. Items of a history have no ids: sent, they would be looked up. */
export function buildInput(turns: readonly Turn[], context: AnswerContext): JsonObject[] {
  const items = turns.flatMap((turn) => buildTurn(turn, context));
  return items.length > 0 ? items : [buildMessage('user', [buildText('input_text', EMPTY_TEXT)])];
}

function buildTurn(turn: Turn, context: AnswerContext): JsonObject[] {
  switch (turn.role) {
    case 'user':
      return buildUserItems(turn.blocks);
    case 'assistant':
      return buildAssistantItems(turn.blocks, context);
    case 'system':
      return turn.blocks.length === 0
        ? []
        : [buildMessage('developer', [buildText('input_text', joinText(turn.blocks))])];
  }
}

function buildUserItems(blocks: readonly UserBlock[]): JsonObject[] {
  const results: JsonObject[] = [];
  const content: JsonObject[] = [];
  for (const block of sortResultsFirst(blocks)) {
    if (block.type === 'tool-result') results.push(buildResult(block));
    // Sound is refused by the policy before it gets here.
    else if (block.type !== 'audio') content.push(buildPart(block));
  }
  return content.length > 0 ? [...results, buildMessage('user', content)] : results;
}

/** Text before, between and behind calls stays where it is. */
function buildAssistantItems(blocks: readonly AssistantBlock[], context: AnswerContext): JsonObject[] {
  const items: JsonObject[] = [];
  for (const block of blocks) {
    if (block.type === 'tool-call') items.push(buildCall(block, context));
    else if (block.type === 'text') addToMessage(items, buildText('output_text', block.text));
    else if (block.type === 'refusal') addToMessage(items, { type: 'refusal', refusal: block.text });
  }
  return items;
}

function addToMessage(items: JsonObject[], part: JsonObject): void {
  const last = items.at(-1)?.['content'];
  if (Array.isArray(last)) last.push(part);
  else items.push(buildMessage('assistant', [part]));
}

function buildCall(block: ToolCallBlock, context: AnswerContext): JsonObject {
  const name = fitToolName(block.name, OPENAI_NAMES, context);
  return { type: 'function_call', call_id: block.id, name, arguments: block.arguments };
}

function buildResult({ callId, content }: ToolResultBlock): JsonObject {
  const texts = content.filter((block) => block.type === 'text');
  const output = texts.length === content.length ? joinText(texts) : content.map(buildPart);
  return { type: 'function_call_output', call_id: callId, output };
}

function buildMessage(role: string, content: JsonObject[]): JsonObject {
  return { type: 'message', role, content };
}

function buildPart(block: TextBlock | ImageBlock | DocumentBlock): JsonObject {
  switch (block.type) {
    case 'text':
      return buildText('input_text', block.text);
    case 'image':
      return { type: 'input_image', image_url: buildMediaUrl(block.source), detail: block.detail ?? 'auto' };
    case 'document':
      return buildFile(block);
  }
}

function buildFile({ source, name }: DocumentBlock): JsonObject {
  if (source.kind === 'text') return buildText('input_text', buildDocumentText(source.text, name));
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url };
  const filename = name ?? FILE_NAMES[source.mediaType] ?? 'document';
  return { type: 'input_file', filename, file_data: buildMediaUrl(source) };
}

function buildText(type: 'input_text' | 'output_text', text: string): JsonObject {
  return { type, text };
}

/** The address that OpenAI takes for bytes as well as for what lies elsewhere. */
function buildMediaUrl(source: MediaSource): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}
