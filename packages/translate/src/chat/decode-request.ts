import { emptyRequest, type ConversationRequest } from '../conversation/conversation-request.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import { parseEffort } from '../messages/decode-reasoning.ts';
import { dropUnknownFields } from '../policy/drop-unknown-fields.ts';
import type { RequestFeature } from '../policy/request-features.ts';
import { decodeOutputFormat } from './decode-output-format.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { MessageDecoder } from './message-decoder.ts';

const READ_FIELDS = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'n',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'prompt_cache_key',
  'modalities',
  // An own record at OpenAI, of the client's own request: nothing that the answer depends on.
  'store',
];

/** Fields whose presence is all that matters. */
const WHOLE_FIELDS: Readonly<Record<string, RequestFeature>> = {
  user: 'user-id',
  safety_identifier: 'user-id',
  metadata: 'metadata',
  service_tier: 'service-tier',
  logprobs: 'logprobs',
  top_logprobs: 'logprobs',
  functions: 'legacy-functions',
  function_call: 'legacy-functions',
  audio: 'modalities',
};

const KNOWN_FIELDS = new Set([...READ_FIELDS, ...Object.keys(WHOLE_FIELDS), 'web_search_options']);

/** A Chat Completions request in the neutral model. https://platform.openai.com/docs/api-reference/chat/create */
export function decodeChatRequest(body: JsonObject, scope: RequestScope): ConversationRequest {
  const { findings } = scope;
  const fields = new Fields(body, '', findings);
  const request: ConversationRequest = {
    ...emptyRequest(),
    ...new MessageDecoder(findings).decode(fields),
    tools: decodeTools(fields, findings),
    hasWebSearch: fields.has('web_search_options') && findings.carries('web-search', 'web_search_options'),
    toolChoice: decodeToolChoice(fields, findings),
    reasoning: decodeReasoning(fields),
    outputFormat: decodeOutputFormat(fields, findings),
    outputTokensMax: fields.count('max_completion_tokens') ?? fields.count('max_tokens'),
  };
  decodeSampling(request, fields, scope);
  decodeOptions(request, fields, scope);
  for (const [key, feature] of Object.entries(WHOLE_FIELDS)) {
    if (fields.has(key) && body[key] !== false) findings.carries(feature, key);
  }
  dropUnknownFields(body, KNOWN_FIELDS, findings);
  scope.context.includesUsage = fields.object('stream_options')?.['include_usage'] === true;
  // Clients of this protocol read `reasoning_content` where it comes, and do not ask for it.
  scope.context.showsThoughts = true;
  return request;
}

function decodeReasoning(fields: Fields): ConversationRequest['reasoning'] {
  const effort = parseEffort(fields.raw('reasoning_effort'));
  return effort === null ? null : { effort, budgetTokens: null, showsThoughts: true };
}

function decodeSampling({ sampling }: ConversationRequest, fields: Fields, { findings }: RequestScope): void {
  sampling.temperature = fields.number('temperature');
  sampling.topP = fields.number('top_p');
  const presence = fields.number('presence_penalty') ?? 0;
  const frequency = fields.number('frequency_penalty') ?? 0;
  if ((presence !== 0 || frequency !== 0) && findings.carries('penalties', 'presence_penalty')) {
    sampling.presencePenalty = presence;
    sampling.frequencyPenalty = frequency;
  }
  const seed = fields.number('seed');
  if (seed !== null && findings.carries('seed', 'seed')) sampling.seed = seed;
}

function decodeOptions(request: ConversationRequest, fields: Fields, { findings }: RequestScope): void {
  const stops = fields.texts('stop');
  if (stops.length > 0 && findings.carries('stop-sequences', 'stop')) request.stopSequences = stops;
  const parallel = fields.flag('parallel_tool_calls');
  if (parallel === false && findings.carries('parallel-calls', 'parallel_tool_calls')) {
    request.allowsParallelCalls = false;
  }
  if ((fields.count('n') ?? 1) > 1) findings.carries('candidates', 'n');
  if (fields.texts('modalities').some((kind) => kind !== 'text'))
    findings.carries('modalities', 'modalities');
  const verbosity = fields.text('verbosity');
  if (verbosity !== null && findings.carries('verbosity', 'verbosity')) request.verbosity = verbosity;
  const cacheKey = fields.text('prompt_cache_key');
  if (cacheKey !== null && findings.carries('cache-key', 'prompt_cache_key')) request.cacheKey = cacheKey;
}
