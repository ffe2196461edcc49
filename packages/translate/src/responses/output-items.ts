import type { JsonObject } from '../json/json-object.ts';

/** Whole items of an answer, as streams repeat them and plain answers hold them. */
export function buildMessageItem(id: string, part: JsonObject): JsonObject {
  return { id, type: 'message', status: 'completed', role: 'assistant', content: [part] };
}

export function buildTextPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

export function buildRefusalPart(refusal: string): JsonObject {
  return { type: 'refusal', refusal };
}

export function buildReasoningItem(id: string, text: string): JsonObject {
  return { id, type: 'reasoning', summary: [buildSummaryPart(text)] };
}

export function buildSummaryPart(text: string): JsonObject {
  return { type: 'summary_text', text };
}

/** A call as the model made it; `id` is the item's, `callId` pairs it with its result. */
export interface CallFacts {
  id: string;
  callId: string;
  name: string;
  /** null = the tool stands in none. */
  namespace: string | null;
}

export function buildCallItem(facts: CallFacts, json: string, status: string): JsonObject {
  const { id, callId, name } = facts;
  const item = { id, type: 'function_call', status, arguments: json, call_id: callId, name };
  return addNamespace(item, facts);
}

export function buildCustomCallItem(facts: CallFacts, input: string, status: string): JsonObject {
  const { id, callId, name } = facts;
  return addNamespace({ id, type: 'custom_tool_call', status, call_id: callId, input, name }, facts);
}

function addNamespace(item: JsonObject, { namespace }: CallFacts): JsonObject {
  return namespace === null ? item : { ...item, namespace };
}
