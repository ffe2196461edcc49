import { GeminiUsageFold, listSearchQueries } from '@tollgate/protocol';
import type { Answer } from '../conversation/answer.ts';
import type { AssistantBlock } from '../conversation/blocks.ts';
import { restoreToolName } from '../conversation/fit-tool-name.ts';
import type { AnswerScope } from '../conversation/translation-scope.ts';
import { findFirstChoice } from '../json/find-first-choice.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import {
  buildMalformedNote,
  isFinishReason,
  isMalformedCall,
  mapFromGeminiFinish,
} from './finish-reasons.ts';

const SERVER_PARTS = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'];

/** A whole generateContent answer; null = it is none. A blocked prompt is an answer: a refusal without a word. */
export function decodeGeminiAnswer(body: JsonObject, scope: AnswerScope): Answer | null {
  const candidate = findFirstChoice(body['candidates']) ?? listObjects(body['candidates'])[0] ?? null;
  if (isObject(body['error']) || (candidate === null && !isBlocked(body))) return null;
  const fold = new GeminiUsageFold('1k');
  fold.add(body['usageMetadata']);
  fold.noteModel(body['modelVersion']);
  fold.addQueries(listSearchQueries(body['candidates']));
  const blocks = candidate === null ? [] : decodeCandidate(candidate, scope);
  const stop = candidate === null ? 'refusal' : readStop(candidate, blocks);
  return {
    id: typeof body['responseId'] === 'string' ? body['responseId'] : null,
    blocks,
    stop,
    stopSequence: null,
    usage: fold.read()?.usage ?? null,
  };
}

/** Whether Google would not even look at the prompt. */
export function isBlocked({ promptFeedback: feedback }: JsonObject): boolean {
  return isObject(feedback) && typeof feedback['blockReason'] === 'string';
}

function readStop({ finishReason: reason }: JsonObject, blocks: readonly AssistantBlock[]): Answer['stop'] {
  return mapFromGeminiFinish(isFinishReason(reason) ? reason : 'STOP', {
    hasCalls: blocks.some(({ type }) => type === 'tool-call'),
    hasText: blocks.some(({ type }) => type === 'text'),
  });
}

function decodeCandidate(candidate: JsonObject, scope: AnswerScope): AssistantBlock[] {
  const { content, finishReason: reason, finishMessage, groundingMetadata, citationMetadata } = candidate;
  if (isObject(groundingMetadata) || isObject(citationMetadata)) {
    scope.findings.carries('answer-citations', 'candidates');
  }
  if (candidate['logprobsResult'] !== undefined) scope.findings.carries('answer-logprobs', 'candidates');
  const blocks: AssistantBlock[] = [];
  for (const part of isObject(content) ? listObjects(content['parts']) : []) addPart(blocks, part, scope);
  if (
    typeof reason === 'string' &&
    isMalformedCall(reason) &&
    blocks.every(({ type }) => type === 'thinking')
  ) {
    blocks.push({ type: 'text', text: buildMalformedNote(reason, finishMessage) });
  }
  return blocks;
}

function addPart(blocks: AssistantBlock[], part: JsonObject, { findings, context }: AnswerScope): void {
  if (part['thoughtSignature'] !== undefined) findings.carries('answer-signature', 'candidates');
  const { text, functionCall: call } = part;
  if (typeof text === 'string') addText(blocks, text, part['thought'] === true);
  else if (isObject(call)) blocks.push(decodeCall(call, context));
  else if (part['inlineData'] !== undefined) findings.carries('answer-media', 'candidates');
  else if (SERVER_PARTS.some((key) => part[key] !== undefined)) {
    findings.carries('answer-server-tools', 'candidates');
  } else if (part['thoughtSignature'] === undefined) findings.carries('answer-unknown', 'candidates');
}

/** Google cuts text where it likes: neighbours are one. */
function addText(blocks: AssistantBlock[], text: string, isThought: boolean): void {
  if (text === '') return;
  const last = blocks.at(-1);
  if (isThought) {
    if (last?.type === 'thinking') last.text += text;
    else blocks.push({ type: 'thinking', text, signature: null, madeBy: 'gemini' });
  } else if (last?.type === 'text') last.text += text;
  else blocks.push({ type: 'text', text });
}

function decodeCall({ id, name, args }: JsonObject, context: AnswerScope['context']): AssistantBlock {
  return {
    type: 'tool-call',
    id: typeof id === 'string' ? id : '',
    name: restoreToolName(typeof name === 'string' ? name : '', context),
    arguments: JSON.stringify(isObject(args) ? args : {}),
  };
}
