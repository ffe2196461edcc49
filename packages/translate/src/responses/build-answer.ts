import { ZERO_USAGE } from '@tollgate/core';
import { buildResponsesUsage } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock, ToolCallBlock } from '../conversation/blocks.ts';
import { buildAnswerId } from '../conversation/build-answer-id.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { readEcho } from './answer-echo.ts';
import { buildCallFacts, type CalledTools } from './called-tool.ts';
import { readCustomInput } from './custom-input.ts';
import { buildCallItem, buildCustomCallItem, buildMessageItem, buildReasoningItem } from './output-items.ts';
import { buildRefusalPart, buildTextPart } from './output-items.ts';
import { buildResponseObject, mapToIncompleteReason } from './response-object.ts';

/** A whole answer as a Responses client expects it. */
export function buildResponsesAnswer(answer: Answer, scope: AnswerScope): JsonObject {
  const id = buildAnswerId('resp_', answer.id, scope.createId);
  const hasRefusal = answer.blocks.some(({ type }) => type === 'refusal');
  const reason = mapToIncompleteReason(answer.stop, hasRefusal);
  const tools = readEcho(scope.context.echo);
  return {
    ...buildResponseObject(id, reason === null ? 'completed' : 'incomplete', reason, scope),
    output: answer.blocks.flatMap((block, index) =>
      buildItem(block, `${id.slice('resp_'.length)}_${index}`, tools, scope),
    ),
    usage: buildResponsesUsage(answer.usage ?? ZERO_USAGE),
  };
}

function buildItem(
  block: AssistantBlock,
  suffix: string,
  tools: CalledTools,
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
      return [buildCall(block, suffix, tools, scope)];
  }
}

function buildCall(
  { id, name, arguments: json }: ToolCallBlock,
  suffix: string,
  tools: CalledTools,
  { createId }: AnswerScope,
): JsonObject {
  const callId = id === '' ? `call_${createId()}` : id;
  const isCustom = tools.customTools.includes(name);
  const facts = buildCallFacts({ id: `${isCustom ? 'ctc' : 'fc'}_${suffix}`, callId, name }, tools);
  return isCustom
    ? buildCustomCallItem(facts, readCustomInput(json), 'completed')
    : buildCallItem(facts, json, 'completed');
}
