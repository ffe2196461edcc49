export { buildPing } from './sse/build-ping.ts';
export { SseTap, type SseTapHandler } from './sse/sse-tap.ts';
export { createMessagesStreamMeter, type MessagesStreamMeter } from './messages/stream-meter.ts';
export { estimateOutputTokens } from './messages/estimate-output-tokens.ts';
export { readMessagesJson, readMessagesJsonUsage, type MessagesJsonUsage } from './messages/json-usage.ts';
export {
  mapErrorTypeToStatus,
  readMessagesError,
  type MessagesUpstreamError,
} from './messages/upstream-error.ts';
export {
  buildAccountAuthHeaders,
  selectClientResponseHeaders,
  selectUpstreamRequestHeaders,
  type HeaderList,
} from './messages/headers.ts';
export { buildWarmUpMessage, listWarmUpEvents, WARM_UP_EVENT_GAP_MS } from './messages/warm-up-message.ts';
export type { ErrorShape } from './errors/error-shape.ts';
export { messagesErrorShape } from './errors/messages-error-shape.ts';
export { chatErrorShape, responsesErrorShape } from './errors/openai-error-shape.ts';
export { geminiErrorShape } from './errors/gemini-error-shape.ts';
export {
  buildAnthropicModel,
  buildAnthropicModelList,
  buildOpenAiModel,
  buildOpenAiModelList,
  parseModelPage,
  type AnthropicModel,
  type AnthropicModelList,
  type ListedModel,
  type ModelPage,
  type ModelPageResult,
  type OpenAiModel,
  type OpenAiModelList,
} from './models/model-list.ts';
export { findNextPacificMidnightMs } from './reset-time/find-next-pacific-midnight.ts';
export { parseResetTime } from './reset-time/parse-reset-time.ts';
export { parseRetryAfterMs, type HeaderRecord } from './reset-time/parse-retry-after.ts';
export { parseWaitText } from './reset-time/parse-wait-text.ts';
