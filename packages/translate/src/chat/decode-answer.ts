import { ChatUsageFold } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import { buildArguments, readArgumentsText } from '../conversation/build-arguments.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { findFirstChoice } from '../json/find-first-choice.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { listContentParts } from './content-parts.ts';
import { mapFromFinishReason } from './finish-reasons.ts';

/** A whole completion; null = it is none. Requests for more than one choice are refused, so the first is all. */
export function decodeChatAnswer(body: JsonObject, scope: AnswerScope): Answer | null {
  const choice = findFirstChoice(body['choices']) ?? listObjects(body['choices'])[0];
  const message = choice?.['message'];
  if (choice === undefined || !isObject(message)) return null;
  const fold = new ChatUsageFold();
  fold.add(body['usage']);
  const blocks = [...decodeWords(message), ...decodeCalls(message, scope)];
  noteLosses(choice, message, scope);
  return {
    id: typeof body['id'] === 'string' ? body['id'] : null,
    blocks,
    stop: mapFromFinishReason(choice['finish_reason'], {
      hasCalls: blocks.some(({ type }) => type === 'tool-call'),
      hasRefusal: blocks.some(({ type }) => type === 'refusal'),
    }),
    stopSequence: null,
    usage: fold.read()?.usage ?? null,
  };
}

/** Reasoning as compatible vendors show it; OpenAI shows none here. */
function decodeWords({ content, refusal, reasoning, reasoning_content }: JsonObject): AssistantBlock[] {
  const thinking = reasoning_content ?? reasoning;
  const blocks: AssistantBlock[] = [];
  if (isText(thinking)) blocks.push({ type: 'thinking', text: thinking, signature: null, madeBy: 'chat' });
  for (const { kind, text } of listContentParts(content)) {
    if (kind === 'text') blocks.push({ type: 'text', text });
    else blocks.push({ type: 'thinking', text, signature: null, madeBy: 'chat' });
  }
  if (isText(content)) blocks.push({ type: 'text', text: content });
  if (isText(refusal)) blocks.push({ type: 'refusal', text: refusal });
  return blocks;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function decodeCalls(message: JsonObject, { findings, context }: AnswerScope): AssistantBlock[] {
  return listObjects(message['tool_calls']).flatMap((call): AssistantBlock[] => {
    const described = call['function'];
    if (!isObject(described)) {
      findings.carries('answer-unknown', 'tool_calls');
      return [];
    }
    return [
      {
        type: 'tool-call',
        id: typeof call['id'] === 'string' ? call['id'] : '',
        name: typeof described['name'] === 'string' ? restoreToolName(described['name'], context) : '',
        arguments: buildArguments(readArgumentsText(described['arguments'])),
      },
    ];
  });
}

function noteLosses(choice: JsonObject, message: JsonObject, { findings }: AnswerScope): void {
  if (isObject(choice['logprobs'])) findings.carries('answer-logprobs', 'logprobs');
  if (isObject(message['audio']) || Array.isArray(message['images'])) {
    findings.carries('answer-media', 'message');
  }
  if (listObjects(message['annotations']).length > 0) findings.carries('answer-citations', 'annotations');
  if (Array.isArray(message['reasoning_details'])) findings.carries('answer-signature', 'reasoning_details');
}
