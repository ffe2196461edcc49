import { checkShape } from '../check-shape.ts';
import { complain, findFirst, type Complaint, type RequestRule, type RuleContext } from '../complaint.ts';
import { isReasoningModel } from '../openai/openai-parts.ts';
import { checkFormatSchema, checkFunctionSchema } from '../openai/check-schema.ts';
import { chatSchema, type ChatBody } from './chat-schema.ts';

/** Judges a body of `/v1/chat/completions` as OpenAI does. null = it is taken. */
export function checkChatRequest(json: unknown, context: RuleContext): Complaint | null {
  const checked = checkShape(chatSchema, json);
  if (!checked.ok) return checked.complaint;
  return findFirst([checkMessages, checkTools, checkFormat, checkModel, checkStream], checked.body, context);
}

/** Each call is answered right behind it, and nothing else is answered. */
const checkMessages: RequestRule<ChatBody> = ({ messages }) => {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const path = ['messages', index];
    if (message.role === 'tool') {
      const id = message.tool_call_id;
      if (!open.delete(id)) {
        const found =
          "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
        return complain([...path, 'role'], found);
      }
      continue;
    }
    if (open.size > 0) return buildMissing(path, open);
    if (message.role !== 'assistant') continue;
    const ids = (message.tool_calls ?? []).map(({ id }) => id);
    open = new Set(ids);
    if (open.size < ids.length) return complain([...path, 'tool_calls'], 'Duplicate value for tool_call_id');
    if ((message.content ?? '') === '' && ids.length === 0 && !message.refusal && !message.audio) {
      return complain([...path, 'content'], 'expected a string, got null.');
    }
  }
  return open.size > 0 ? buildMissing(['messages'], open) : null;
};

function buildMissing(path: PropertyKey[], open: ReadonlySet<string>): Complaint {
  const must = "An assistant message with 'tool_calls' must be followed by tool messages";
  return complain(path, `${must}. The following tool_call_ids did not have one: ${[...open].join(', ')}`);
}

const checkTools: RequestRule<ChatBody> = ({
  tools = [],
  tool_choice: choice,
  parallel_tool_calls: parallel,
}) => {
  const names: string[] = [];
  for (const [index, tool] of tools.entries()) {
    if (!('function' in tool) || tool.type !== 'function') continue;
    const { name, parameters, strict } = tool.function as {
      name: string;
      parameters?: unknown;
      strict?: unknown;
    };
    names.push(name);
    if (parameters === undefined) continue;
    const path = ['tools', index, 'function', 'parameters'];
    const complaint = checkFunctionSchema(parameters, strict === true, path);
    if (complaint !== null) return complaint;
  }
  if (tools.length > 0) return checkChoice(choice, names);
  if (choice !== undefined && choice !== 'none') {
    return complain(['tool_choice'], "'tool_choice' is only allowed when 'tools' are specified.");
  }
  if (parallel === undefined) return null;
  return complain(
    ['parallel_tool_calls'],
    "'parallel_tool_calls' is only allowed when 'tools' are specified.",
  );
};

function checkChoice(choice: ChatBody['tool_choice'], names: readonly string[]): Complaint | null {
  if (typeof choice !== 'object') return null;
  const wanted = choice.type === 'function' ? [choice] : choice.allowed_tools.tools;
  const unknown = wanted.find((tool) => !names.includes(tool.function.name));
  if (unknown === undefined) return null;
  return complain(['tool_choice'], `Tool choice '${unknown.function.name}' not found in 'tools' parameter.`);
}

const checkFormat: RequestRule<ChatBody> = ({ response_format: format, messages }) => {
  if (format?.type === 'json_object' && !/json/iu.test(JSON.stringify(messages))) {
    const must =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    return complain(['messages'], must);
  }
  if (format?.type !== 'json_schema') return null;
  const { schema, strict } = format.json_schema;
  return checkFormatSchema(schema, strict === true, ['response_format', 'json_schema', 'schema']);
};

const checkModel: RequestRule<ChatBody> = (body, { model }) => {
  const isOwn = /^(?:gpt-|o\d)/u.test(model);
  if (isOwn && body.reasoning_effort && !isReasoningModel(model)) {
    return complain(['reasoning_effort'], 'Unrecognized request argument supplied: reasoning_effort');
  }
  if (!isReasoningModel(model)) return null;
  if (typeof body.max_tokens === 'number') {
    return complain(
      ['max_tokens'],
      "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
    );
  }
  if ((body.stop ?? null) !== null) return complain(['stop'], "'stop' is not supported with this model.");
  const isSampled = (body.temperature ?? 1) !== 1 || (body.top_p ?? 1) !== 1;
  if (!isSampled || body.reasoning_effort === 'none') return null;
  return complain(
    ['temperature'],
    'does not support this value with this model. Only the default (1) is supported.',
  );
};

const checkStream: RequestRule<ChatBody> = ({ stream, stream_options: options }) => {
  if (!options || stream === true) return null;
  return complain(
    ['stream_options'],
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  );
};
