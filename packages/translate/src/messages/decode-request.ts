import { emptyRequest, type ConversationRequest } from '../conversation/conversation-request.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import { Fields } from '../json/fields.ts';
import type { JsonObject } from '../json/json-object.ts';
import { dropUnknownFields } from '../policy/drop-unknown-fields.ts';
import type { RequestFeature } from '../policy/request-features.ts';
import { decodeOutputFormat, decodeReasoning } from './decode-reasoning.ts';
import { decodeSystem } from './decode-system.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { TurnDecoder } from './turn-decoder.ts';

const READ_FIELDS = [
  'model',
  'messages',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
];

/** Fields whose presence is all that matters. */
const WHOLE_FIELDS: Readonly<Record<string, RequestFeature>> = {
  metadata: 'user-id',
  service_tier: 'service-tier',
  speed: 'service-tier',
  inference_geo: 'service-tier',
  container: 'stored-state',
  mcp_servers: 'stored-state',
  context_management: 'context-management',
  cache_control: 'cache-marks',
};

const KNOWN_FIELDS = new Set([...READ_FIELDS, ...Object.keys(WHOLE_FIELDS)]);

/** A Messages request in the neutral model. https://docs.claude.com/en/api/messages */
export function decodeMessagesRequest(body: JsonObject, scope: RequestScope): ConversationRequest {
  const { findings } = scope;
  const fields = new Fields(body, '', findings);
  const { tools, hasWebSearch } = decodeTools(fields, findings);
  const request: ConversationRequest = {
    ...emptyRequest(),
    ...decodeToolChoice(fields, findings),
    system: decodeSystem(body['system'], findings),
    turns: new TurnDecoder(findings).decode(fields),
    tools,
    hasWebSearch,
    reasoning: decodeReasoning(fields),
    outputFormat: decodeOutputFormat(fields),
    outputTokensMax: fields.count('max_tokens'),
    stopSequences: carryTexts(fields, scope),
  };
  decodeSampling(request, fields, scope);
  for (const [key, feature] of Object.entries(WHOLE_FIELDS)) {
    if (isSaid(body[key])) findings.carries(feature, key);
  }
  dropUnknownFields(body, KNOWN_FIELDS, findings);
  scope.context.showsThoughts = request.reasoning?.showsThoughts ?? false;
  return request;
}

function carryTexts(fields: Fields, { findings }: RequestScope): string[] {
  const stops = fields.texts('stop_sequences');
  return stops.length > 0 && findings.carries('stop-sequences', 'stop_sequences') ? stops : [];
}

function decodeSampling({ sampling }: ConversationRequest, fields: Fields, { findings }: RequestScope): void {
  sampling.temperature = fields.number('temperature');
  sampling.topP = fields.number('top_p');
  const topK = fields.number('top_k');
  if (topK !== null && findings.carries('top-k', 'top_k')) sampling.topK = topK;
}

/** An empty list of servers asks for nothing. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
