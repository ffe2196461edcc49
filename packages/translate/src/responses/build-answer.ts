import { ZERO_USAGE } from '@tollgate/core';
import { buildResponsesUsage } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock, ToolCallBlock } from '../conversation/blocks.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { readEcho, selectClientTool, type ResponsesEcho } from './answer-echo.ts';
import { readCustomInput } from './custom-input.ts';
import { buildCallItem, buildCustomCallItem, buildMessageItem, buildReasoningItem } from './output-items.ts';
import { buildRefusalPart, buildTextPart } from './output-items.ts';
import { buildResponseObject, mapToIncompleteReason } from './response-object.ts';

/** A whole answer as a Responses client expects it. */
export function buildResponsesAnswer(answer: Answer, scope: AnswerScope): JsonObject {
  const id = buildAnswerId('resp_', answer.id, scope.createId);
  const hasRefusal = answer.blocks.some(({ type }) => type === 'refusal');
  const reason = mapToIncompleteReason(answer.stop, hasRefusal);
  const echo = readEcho(scope.context.echo);
  return {
    ...buildResponseObject(id, reason === null ? 'completed' : 'incomplete', reason, scope),
    output: answer.blocks.flatMap((block, index) =>
      buildItem(block, `${id.slice('resp_'.length)}_${index}`, echo, scope),
    ),
    usage: buildResponsesUsage(answer.usage ?? ZERO_USAGE),
  };
}

function buildItem(
  block: AssistantBlock,
  suffix: string,
  echo: ResponsesEcho,
  scope: AnswerScope,
): JsonObject[] {
  switch (block.type) {
    case 'text':
      return [buildMessageItem(`msg_${suffix}`, buildTextPart(block.text))];
    case 'refusal':
      return [buildMessageItem(`msg_${suffix}`, buildRefusalPart(block.text))];
    case 'thinking':
      return scope.context.showsThoughts ? [buildReasoningItem(`rs_${suffix}`, block.text)] : [];
    case 'tool-call':
      return [buildCall(block, suffix, echo, scope)];
  }
}

function buildCall(
  { id, name, arguments: json }: ToolCallBlock,
  suffix: string,
  echo: ResponsesEcho,
  { createId }: AnswerScope,
): JsonObject {
  const facts = { callId: id === '' ? `call_${createId()}` : id, ...selectClientTool(name, echo) };
  if (!echo.customTools.has(name)) return buildCallItem({ id: `fc_${suffix}`, ...facts }, json, 'completed');
  return buildCustomCallItem({ id: `ctc_${suffix}`, ...facts }, readCustomInput(json), 'completed');
}
