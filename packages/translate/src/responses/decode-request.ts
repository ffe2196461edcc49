import { emptyRequest, type ConversationRequest } from '../conversation/conversation-request.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import { dropUnknownFields } from '../policy/drop-unknown-fields.ts';
import type { RequestFeature } from '../policy/request-features.ts';
import { buildEcho } from './answer-echo.ts';
import { decodeOutputFormat, decodeReasoning } from './decode-reasoning.ts';
import { decodeToolChoice, ToolsDecoder } from './decode-tools.ts';
import { ItemDecoder } from './item-decoder.ts';

/** Read elsewhere, or without a meaning for another upstream: nothing is stored, and reasoning stays where it is. */
const READ_FIELDS = [
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'store',
  'include',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'max_output_tokens',
  'temperature',
  'top_p',
  'prompt_cache_key',
  'background',
  'truncation',
  'top_logprobs',
];

/** Fields whose presence is all that matters. */
const WHOLE_FIELDS: Readonly<Record<string, RequestFeature>> = {
  metadata: 'metadata',
  client_metadata: 'metadata',
  safety_identifier: 'user-id',
  user: 'user-id',
  service_tier: 'service-tier',
  context_management: 'context-management',
  previous_response_id: 'stored-state',
  conversation: 'stored-state',
  prompt: 'stored-state',
};

const KNOWN_FIELDS = new Set([...READ_FIELDS, ...Object.keys(WHOLE_FIELDS)]);

/** A Responses request in the neutral model. https://platform.openai.com/docs/api-reference/responses/create */
export function decodeResponsesRequest(body: JsonObject, scope: RequestScope): ConversationRequest {
  const { findings } = scope;
  const fields = new Fields(body, '', findings);
  const tools = new ToolsDecoder(findings);
  tools.add(fields, 'tools');
  const { system, turns } = new ItemDecoder(findings, tools).decode(fields);
  const isSerial = fields.flag('parallel_tool_calls') === false;
  const request: ConversationRequest = {
    ...emptyRequest(),
    system,
    turns,
    tools: tools.tools,
    hasWebSearch: tools.hasWebSearch,
    toolChoice: decodeToolChoice(fields, findings),
    allowsParallelCalls: isSerial && findings.carries('parallel-calls', 'parallel_tool_calls') ? false : null,
    reasoning: decodeReasoning(fields),
    outputFormat: decodeOutputFormat(fields, findings),
    outputTokensMax: fields.count('max_output_tokens'),
  };
  decodeRest(request, fields, scope);
  for (const [key, feature] of Object.entries(WHOLE_FIELDS)) {
    if (isSaid(body[key])) findings.carries(feature, key);
  }
  dropUnknownFields(body, KNOWN_FIELDS, findings);
  scope.context.showsThoughts = request.reasoning?.showsThoughts ?? false;
  scope.context.echo = buildEcho(body, tools);
  return request;
}

function decodeRest(request: ConversationRequest, fields: Fields, { findings }: RequestScope): void {
  request.sampling.temperature = fields.number('temperature');
  request.sampling.topP = fields.number('top_p');
  const verbosity = fields.object('text')?.['verbosity'];
  if (typeof verbosity === 'string' && findings.carries('verbosity', 'text.verbosity')) {
    request.verbosity = verbosity;
  }
  const cacheKey = fields.text('prompt_cache_key');
  if (cacheKey !== null && findings.carries('cache-key', 'prompt_cache_key')) request.cacheKey = cacheKey;
  if (fields.flag('background') === true) findings.carries('stored-state', 'background');
  if (fields.text('truncation') === 'auto') findings.carries('context-management', 'truncation');
  if ((fields.number('top_logprobs') ?? 0) > 0) findings.carries('logprobs', 'top_logprobs');
}

/** Empty metadata says nothing. */
function isSaid(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
