import type { ConversationRequest } from '../conversation/conversation-request.ts';
import { joinText } from '../conversation/join-turns.ts';
import type { RequestScope } from '../conversation/translation-scope.ts';
import type { JsonObject } from '../json/json-object.ts';
import { ContentBuilder } from './content-builder.ts';
import { buildGenerationConfig } from './build-generation-config.ts';
import { buildToolFields } from './build-tools.ts';

/** The neutral request in Google's words. The model and whether to stream stand in the path, not in the body. */
export function buildGeminiRequest(request: ConversationRequest, scope: RequestScope): JsonObject {
  const system = joinText(request.system.filter((block) => block.text.trim() !== ''));
  const generationConfig = buildGenerationConfig(request, scope);
  return {
    contents: new ContentBuilder(scope).build(request.turns),
    ...(system !== '' && { systemInstruction: { role: 'user', parts: [{ text: system }] } }),
    ...buildToolFields(request, scope),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  };
}
