import { ResponsesUsageFold } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { buildArguments } from '../conversation/build-arguments.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { buildCustomArguments } from './custom-input.ts';
import { mapFromResponse } from './response-object.ts';
import { isServerItem } from './server-items.ts';

const WHOLE = new Set<unknown>(['completed', 'incomplete', undefined]);

/** A whole Responses answer; null = it is none, or one that failed or is not ready. */
export function decodeResponsesAnswer(body: JsonObject, scope: AnswerScope): Answer | null {
  if (!Array.isArray(body['output']) || isObject(body['error']) || !WHOLE.has(body['status'])) return null;
  const fold = new ResponsesUsageFold();
  fold.add(body['usage']);
  fold.addTools(body['tool_usage']);
  fold.setItems(body['output']);
  const blocks = listObjects(body['output']).flatMap((item) => decodeItem(item, scope));
  return {
    id: typeof body['id'] === 'string' ? body['id'] : null,
    blocks,
    stop: mapFromResponse(body, {
      hasCalls: blocks.some(({ type }) => type === 'tool-call'),
      hasRefusal: blocks.some(({ type }) => type === 'refusal'),
    }),
    stopSequence: null,
    usage: fold.read()?.usage ?? null,
  };
}

/** The blocks of one whole output item; what is left out is told to the findings. */
export function decodeItem(item: JsonObject, scope: AnswerScope): AssistantBlock[] {
  switch (item['type']) {
    case 'message':
      return listObjects(item['content']).flatMap((part) => decodePart(part, scope));
    case 'function_call':
      return [decodeCall(item, buildArguments(readText(item['arguments'])), scope)];
    case 'custom_tool_call':
      return [decodeCall(item, buildCustomArguments(readText(item['input'])), scope)];
    case 'reasoning':
      return decodeReasoning(item, scope);
    default:
      return leaveOut(item['type'], scope);
  }
}

function decodePart(part: JsonObject, { findings }: AnswerScope): AssistantBlock[] {
  const { annotations, logprobs, type } = part;
  if (Array.isArray(annotations) && annotations.length > 0) findings.carries('answer-citations', 'output');
  if (Array.isArray(logprobs) && logprobs.length > 0) findings.carries('answer-logprobs', 'output');
  if (type === 'output_text') return [{ type: 'text', text: readText(part['text']) }];
  if (type === 'refusal') return [{ type: 'refusal', text: readText(part['refusal']) }];
  findings.carries('answer-unknown', 'output');
  return [];
}

function decodeCall(item: JsonObject, json: string, { context }: AnswerScope): AssistantBlock {
  const name = restoreToolName(readText(item['name']), context);
  return { type: 'tool-call', id: readText(item['call_id']), name, arguments: json };
}

/** What it shows of its thoughts; encrypted ones are for OpenAI alone. */
function decodeReasoning(item: JsonObject, { findings }: AnswerScope): AssistantBlock[] {
  if (typeof item['encrypted_content'] === 'string') findings.carries('answer-signature', 'output');
  const parts = [...listObjects(item['summary']), ...listObjects(item['content'])];
  const text = parts.map((part) => readText(part['text'])).join('\n\n');
  return text === '' ? [] : [{ type: 'thinking', text, signature: null, madeBy: 'responses' }];
}

function leaveOut(type: unknown, { findings }: AnswerScope): AssistantBlock[] {
  if (type === 'image_generation_call') findings.carries('answer-media', 'output');
  else findings.carries(isServerItem(type) ? 'answer-server-tools' : 'answer-unknown', 'output');
  return [];
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
