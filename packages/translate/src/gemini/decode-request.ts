import { emptyRequest, type ConversationRequest } from '../conversation/conversation-request.ts';
import type { TextBlock } from '../conversation/blocks.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { Fields } from '../json/fields.ts';
import { listObjects, type JsonObject } from '../json/json-object.ts';
import { dropUnknownFields } from '../policy/drop-unknown-fields.ts';
import type { RequestFeature } from '../policy/request-features.ts';
import { camelKeys, readCamel, readCamelField } from './camel-keys.ts';
import { ContentDecoder } from './content-decoder.ts';
import { decodeGenerationConfig } from './decode-generation-config.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

const READ_FIELDS = ['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig'];

/** Fields whose presence is all that matters. */
const WHOLE_FIELDS: Readonly<Record<string, RequestFeature>> = {
  safetySettings: 'safety',
  cachedContent: 'cached-content',
  labels: 'metadata',
  serviceTier: 'service-tier',
  store: 'metadata',
};

const KNOWN_FIELDS = new Set([...READ_FIELDS, ...Object.keys(WHOLE_FIELDS)]);

/** A generateContent request in the neutral model. https://ai.google.dev/api/generate-content */
export function decodeGeminiRequest(body: JsonObject, scope: RequestScope): ConversationRequest {
  const { findings } = scope;
  const known = camelKeys(body);
  const fields = readCamel(known, '', findings);
  const request: ConversationRequest = {
    ...emptyRequest(),
    ...decodeTools(fields, findings),
    toolChoice: decodeToolChoice(fields, findings),
    system: decodeSystem(fields, scope),
    turns: new ContentDecoder(findings).decode(fields),
  };
  const config = readCamelField(fields, 'generationConfig', findings);
  if (config !== null) decodeGenerationConfig(request, config, findings);
  for (const [key, feature] of Object.entries(WHOLE_FIELDS)) {
    if (isSaid(known[key])) findings.carries(feature, key);
  }
  dropUnknownFields(known, KNOWN_FIELDS, findings);
  scope.context.showsThoughts = request.reasoning?.showsThoughts ?? false;
  return request;
}

/** A content, whose role says nothing; some clients send a string. */
function decodeSystem(fields: Fields, { findings }: RequestScope): TextBlock[] {
  const system = fields.raw('systemInstruction');
  if (typeof system === 'string') return system === '' ? [] : [{ type: 'text', text: system }];
  const content = readCamelField(fields, 'systemInstruction', findings);
  if (content === null) return [];
  const blocks: TextBlock[] = [];
  for (const part of listObjects(content.raw('parts'))) {
    if (typeof part['text'] !== 'string') findings.carries('unknown-block', 'systemInstruction.parts');
    else if (part['text'] !== '') blocks.push({ type: 'text', text: part['text'] });
  }
  return blocks;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
