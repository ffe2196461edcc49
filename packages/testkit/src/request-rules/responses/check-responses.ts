import { checkShape } from '../check-shape.ts';
import { complain, findFirst, type Complaint, type RequestRule, type RuleContext } from '../complaint.ts';
import { isReasoningModel } from '../openai/openai-parts.ts';
import { checkFormatSchema, checkFunctionSchema } from '../openai/check-schema.ts';
import { responsesSchema, type ResponsesBody } from './responses-schema.ts';

/** Judges a body of `/v1/responses` as OpenAI does. null = it is taken. */
export function checkResponsesRequest(json: unknown, context: RuleContext): Complaint | null {
  const checked = checkShape(responsesSchema, json);
  if (!checked.ok) return checked.complaint;
  return findFirst([checkItems, checkTools, checkFormat, checkModel], checked.body, context);
}

const OUTPUT = /^(?<kind>function_call|custom_tool_call)_output$/u;

/** Each call has an output behind it somewhere, and each output a call before. */
const checkItems: RequestRule<ResponsesBody> = (body) => {
  const { input, previous_response_id: previous, conversation, prompt } = body;
  const isContinued = Boolean(previous ?? conversation ?? prompt);
  if (input === undefined || input === '') {
    return isContinued ? null : complain([], "One of 'input' or 'previous_response_id' must be provided.");
  }
  if (typeof input === 'string') return null;
  return checkPairs(input, isContinued);
};

function checkPairs(input: readonly unknown[], isContinued: boolean): Complaint | null {
  const known = new Set<string>();
  const open = new Map<string, PropertyKey[]>();
  for (const [index, item] of (input as { type?: string; call_id?: string }[]).entries()) {
    const id = item.call_id ?? '';
    const path = ['input', index];
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      if (known.has(id)) return complain(path, `Duplicate item found with call_id ${id}.`);
      known.add(id);
      open.set(id, path);
    }
    if (!OUTPUT.test(item.type ?? '')) continue;
    open.delete(id);
    if (known.has(id) || isContinued) continue;
    return complain(path, `No tool call found for function call output with call_id ${id}.`);
  }
  for (const [id, path] of open) return complain(path, `No tool output found for function call ${id}.`);
  return null;
}

const checkTools: RequestRule<ResponsesBody> = ({ tools = [], tool_choice: choice, input }) => {
  for (const [index, tool] of tools.entries()) {
    if (tool.type !== 'function') continue;
    const { parameters, strict } = tool as { parameters?: unknown; strict?: unknown };
    if (parameters === undefined || parameters === null) continue;
    // Not said is strict, but then a schema that is not is made so.
    const complaint = checkFunctionSchema(parameters, strict === true, ['tools', index, 'parameters']);
    if (complaint !== null) return complaint;
  }
  const hasItemTools = JSON.stringify(input ?? '').includes('"additional_tools"');
  if (tools.length === 0 && !hasItemTools) {
    if (choice === undefined || choice === 'auto' || choice === 'none') return null;
    return complain(['tool_choice'], "Tool choice 'required' must be specified with 'tools' parameter.");
  }
  return checkChoice(choice, tools);
};

function checkChoice(choice: ResponsesBody['tool_choice'], tools: readonly object[]): Complaint | null {
  if (typeof choice !== 'object') return null;
  const wanted = 'tools' in choice ? (choice.tools as { name: string }[]) : 'name' in choice ? [choice] : [];
  const names = new Set(tools.map((tool) => (tool as { name?: unknown }).name));
  const unknown = wanted.find(({ name }) => !names.has(name));
  return unknown === undefined
    ? null
    : complain(['tool_choice'], `Tool choice '${String(unknown.name)}' not found in 'tools' parameter.`);
}

const checkFormat: RequestRule<ResponsesBody> = ({ text, input }) => {
  const format = text?.format;
  // The instructions do not count.
  if (format?.type === 'json_object' && !/json/iu.test(JSON.stringify(input))) {
    const must =
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
    return complain(['input'], must);
  }
  if (format?.type !== 'json_schema') return null;
  return checkFormatSchema(format.schema, format.strict === true, ['text', 'format', 'schema']);
};

const checkModel: RequestRule<ResponsesBody> = ({ reasoning, temperature, top_p: topP }, { model }) => {
  if (!isReasoningModel(model)) {
    if (!model.startsWith('gpt-') || !reasoning?.effort || model.includes('chat')) return null;
    return complain(['reasoning', 'effort'], "'reasoning.effort' is not supported with this model.");
  }
  if (reasoning?.effort === 'none') return null;
  if ((temperature ?? 1) !== 1) return complain(['temperature'], 'is not supported with this model.');
  return (topP ?? 1) !== 1 ? complain(['top_p'], 'is not supported with this model.') : null;
};
