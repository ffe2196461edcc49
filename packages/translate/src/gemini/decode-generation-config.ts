import { EFFORTS, type ConversationRequest, type Reasoning } from '../conversation/conversation-request.ts';
import type { Fields } from '../json/fields.ts';
import type { Findings } from '../policy/findings.ts';
import { readCamelField } from './camel-keys.ts';
import { convertOpenApiSchema } from './schema/convert-openapi-schema.ts';

const TEXT_MODALITY = 'TEXT';

/** `generationConfig` into the request. */
export function decodeGenerationConfig(
  request: ConversationRequest,
  config: Fields,
  findings: Findings,
): void {
  request.outputTokensMax = config.count('maxOutputTokens');
  const stops = config.texts('stopSequences');
  if (stops.length > 0 && findings.carries('stop-sequences', config.param('stopSequences'))) {
    request.stopSequences = stops;
  }
  request.reasoning = decodeReasoning(config, findings);
  request.outputFormat = decodeOutputFormat(config, findings);
  decodeSampling(request, config, findings);
  noteRest(config, findings);
}

function decodeSampling({ sampling }: ConversationRequest, config: Fields, findings: Findings): void {
  sampling.temperature = config.number('temperature');
  sampling.topP = config.number('topP');
  const topK = config.number('topK');
  if (topK !== null && findings.carries('top-k', config.param('topK'))) sampling.topK = topK;
  const seed = config.number('seed');
  if (seed !== null && findings.carries('seed', config.param('seed'))) sampling.seed = seed;
  const presence = config.number('presencePenalty');
  const frequency = config.number('frequencyPenalty');
  const isPenal = (presence ?? 0) !== 0 || (frequency ?? 0) !== 0;
  if (!isPenal || !findings.carries('penalties', config.param('presencePenalty'))) return;
  sampling.presencePenalty = presence;
  sampling.frequencyPenalty = frequency;
}

/** A budget of 0 switches thinking off, −1 leaves it to the model. */
function decodeReasoning(config: Fields, findings: Findings): Reasoning | null {
  const thinking = readCamelField(config, 'thinkingConfig', findings);
  if (thinking === null) return null;
  const level = thinking.text('thinkingLevel')?.toLowerCase() ?? '';
  const budget = thinking.number('thinkingBudget');
  const effort = budget === 0 ? 'none' : (EFFORTS.find((name) => name === level) ?? null);
  return {
    effort,
    budgetTokens: budget !== null && budget > 0 ? budget : null,
    showsThoughts: thinking.flag('includeThoughts') === true,
  };
}

function decodeOutputFormat(config: Fields, findings: Findings): ConversationRequest['outputFormat'] {
  if (config.text('responseMimeType') !== 'application/json') return null;
  const plain = config.object('responseJsonSchema');
  const dialect = plain === null ? config.object('responseSchema') : null;
  const schema = plain ?? (dialect && convertOpenApiSchema(dialect));
  if (schema !== null) return { type: 'json-schema', name: 'answer', schema, isStrict: null };
  return findings.carries('json-object', config.param('responseMimeType')) ? { type: 'json' } : null;
}

function noteRest(config: Fields, findings: Findings): void {
  if ((config.count('candidateCount') ?? 1) > 1)
    findings.carries('candidates', config.param('candidateCount'));
  const modalities = config.texts('responseModalities');
  if (modalities.some((modality) => modality.toUpperCase() !== TEXT_MODALITY)) {
    findings.carries('modalities', config.param('responseModalities'));
  }
  if (config.has('speechConfig')) findings.carries('modalities', config.param('speechConfig'));
  if (config.flag('responseLogprobs') === true)
    findings.carries('logprobs', config.param('responseLogprobs'));
  if (config.has('mediaResolution')) findings.drop('mediaResolution');
}
