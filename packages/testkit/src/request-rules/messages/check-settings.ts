import { complain, findFirst, type RequestRule } from '../complaint.ts';
import type { MessagesBody } from './messages-schema.ts';

const CACHE_MARKS_MAX = 4;
/** Since Opus 4.1 a model takes one of the two. */
const ONE_SAMPLING = /claude-(?:opus-4-[1-9]|sonnet-4-[5-9]|haiku-4-[5-9]|\w+-[5-9])/u;

const checkTokens: RequestRule<MessagesBody> = ({ max_tokens, thinking }) => {
  if (max_tokens === undefined || thinking?.type !== 'enabled' || thinking.budget_tokens < max_tokens)
    return null;
  return complain(['max_tokens'], '`max_tokens` must be greater than `thinking.budget_tokens`');
};

/** https://platform.claude.com/docs/en/api/versioning */
const checkVersion: RequestRule<MessagesBody> = (body, { headers }) => {
  if (headers['anthropic-version'] !== '2026-10-21') return null;
  const field = (['temperature', 'top_p', 'top_k'] as const).find((name) => body[name] !== undefined);
  if (field !== undefined) return { path: [], message: '', unknownField: field };
  for (const [index, { role, content }] of body.messages.entries()) {
    const at = typeof content === 'string' ? -1 : content.findIndex((block) => isRefusedNow(role, block));
    if (at >= 0) return complain(['messages', index, 'content', at], 'not permitted in this version');
  }
  return null;
};

function isRefusedNow(role: string, block: { type: string; citations?: unknown }): boolean {
  if (role === 'assistant') return block.type === 'document';
  return block.type === 'text' && Array.isArray(block.citations) && block.citations.length > 0;
}

const checkSampling: RequestRule<MessagesBody> = ({ temperature, top_p, top_k, thinking }, { model }) => {
  if (thinking !== undefined && thinking.type !== 'disabled') {
    if ((temperature ?? 1) !== 1)
      return complain(['temperature'], 'may only be set to 1 when thinking is enabled');
    if (top_k !== undefined) return complain(['top_k'], 'must be unset when thinking is enabled');
    if ((top_p ?? 1) < 0.95) return complain(['top_p'], 'must be at least 0.95 when thinking is enabled');
  }
  if (temperature === undefined || top_p === undefined || !ONE_SAMPLING.test(model)) return null;
  return complain([], '`temperature` and `top_p` cannot both be specified for this model');
};

const checkToolChoice: RequestRule<MessagesBody> = ({ tools = [], tool_choice: choice, thinking }) => {
  const names = tools.map((tool) => ('name' in tool ? tool.name : undefined));
  const twice = names.findIndex((name, index) => name !== undefined && names.indexOf(name) < index);
  if (twice >= 0) return complain(['tools'], 'Tool names must be unique.');
  if (choice === undefined) return null;
  if (tools.length === 0) return complain(['tool_choice'], 'may only be specified while providing `tools`');
  if (choice.type === 'tool' && !names.includes(choice.name)) {
    return complain(['tool_choice'], `Tool '${choice.name}' not found in provided tools`);
  }
  const forces = choice.type === 'any' || choice.type === 'tool';
  if (!forces || thinking === undefined || thinking.type === 'disabled') return null;
  return complain([], 'Thinking may not be enabled when tool_choice forces tool use.');
};

/** In a tool loop a model with a budget wants its thinking back, first of all. */
const checkThinkingFirst: RequestRule<MessagesBody> = ({ messages, thinking }) => {
  const index = messages.findLastIndex(({ role }) => role === 'assistant');
  const content = messages[index]?.content;
  if (thinking?.type !== 'enabled' || typeof content !== 'object') return null;
  const first = content[0]?.type ?? '';
  const calls = content.some(({ type }) => type === 'tool_use');
  if (!calls || first.endsWith('thinking')) return null;
  return complain(['messages', index, 'content', 0, 'type'], `Expected \`thinking\`, but found \`${first}\``);
};

const checkCacheMarks: RequestRule<MessagesBody> = (body) => {
  const marks = JSON.stringify(body).split('"cache_control":{').length - 1;
  if (marks <= CACHE_MARKS_MAX) return null;
  return complain(
    [],
    `A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks}.`,
  );
};

/** What Anthropic demands of fields that each are sound alone. */
export const checkSettings: RequestRule<MessagesBody> = (body, context) =>
  findFirst(
    [checkVersion, checkTokens, checkSampling, checkToolChoice, checkThinkingFirst, checkCacheMarks],
    body,
    context,
  );
