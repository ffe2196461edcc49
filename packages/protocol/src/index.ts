export { buildPing } from './sse/build-ping.ts';
export { buildStreamEnd } from './sse/build-stream-end.ts';
export { encodeSseEvent } from './sse/encode-sse-event.ts';
export { SseTap, type SseTapHandler } from './sse/sse-tap.ts';
export { createStreamMeter, readJsonAnswer } from './meters/create-stream-meter.ts';
export type { JsonAnswer } from './meters/json-answer.ts';
export type { MeterOptions, ProtocolStreamMeter, StreamError } from './meters/stream-meter.ts';
export { createConformanceChecker } from './conformance/create-conformance-checker.ts';
export type { ConformanceChecker, ConformanceOptions, ConformanceProblem } from './conformance/checker.ts';
export { buildUsageEdits, type UsageEdits } from './chat/build-usage-edits.ts';
export { createUsageChunkFilter, type UsageChunkFilter } from './chat/usage-chunk-filter.ts';
export { buildChatUsage, type ChatUsage } from './chat/build-usage.ts';
export { buildGeminiUsage, type GeminiUsage } from './gemini/build-usage.ts';
export { buildMessagesUsage, type MessagesUsage } from './messages/build-usage.ts';
export { createResponsesGatherer, type AnswerGatherer } from './responses/answer-gatherer.ts';
export { buildStreamOnlyEdits, type StreamOnlyEdits } from './responses/build-stream-only-edits.ts';
export { buildResponsesUsage, type ResponsesUsage } from './responses/build-usage.ts';
export { GeminiTap, type GeminiFraming, type GeminiTapHandler } from './gemini/gemini-tap.ts';
export { applyEdits, type SpliceEdit } from './json/apply-edits.ts';
export { isSignatureRefusal } from './signatures/is-signature-refusal.ts';
export { stripSignatures } from './signatures/strip-signatures.ts';
export { findField } from './json/find-field.ts';
export { listMembers, type JsonMember } from './json/list-members.ts';
export type { ImageSize } from './usage/media-usage.ts';
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
} from './messages/headers.ts';
export {
  selectRequestHeaders,
  selectResponseHeaders,
  type HeaderList,
  type HeaderRules,
} from './headers/select-headers.ts';
export { OPENAI_HEADERS } from './headers/openai-headers.ts';
export { GEMINI_HEADERS } from './headers/gemini-headers.ts';
export { buildPlatformAuthHeaders } from './headers/account-auth-headers.ts';
export { buildWarmUpMessage, listWarmUpEvents, WARM_UP_EVENT_GAP_MS } from './messages/warm-up-message.ts';
export { buildClientError } from './errors/build-client-error.ts';
export type { ErrorShape } from './errors/error-shape.ts';
export { createGeminiArrayErrorShape } from './errors/gemini-array-error-shape.ts';
export { readUpstreamError } from './errors/read-upstream-error.ts';
export { selectErrorShape } from './errors/select-error-shape.ts';
export type { UpstreamErrorReport } from './errors/upstream-error-report.ts';
export { messagesErrorShape } from './errors/messages-error-shape.ts';
export { chatErrorShape } from './errors/openai-error-shape.ts';
export {
  createResponsesErrorShape,
  responsesErrorShape,
  type ResponsesProgress,
} from './errors/responses-error-shape.ts';
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
export {
  buildGeminiModel,
  buildGeminiModelList,
  parseGeminiModelPage,
  type GeminiModel,
  type GeminiModelList,
} from './models/gemini-model-list.ts';
export { findNextPacificMidnightMs } from './reset-time/find-next-pacific-midnight.ts';
export { parseResetTime } from './reset-time/parse-reset-time.ts';
export { parseRetryAfterMs, type HeaderRecord } from './reset-time/parse-retry-after.ts';
export { parseWaitText } from './reset-time/parse-wait-text.ts';
export { ChatUsageFold } from './chat/usage-fold.ts';
export { listSearchQueries } from './gemini/list-search-queries.ts';
export { GeminiUsageFold } from './gemini/usage-fold.ts';
export { MessagesUsageFold } from './messages/usage-fold.ts';
export { ResponsesUsageFold } from './responses/usage-fold.ts';
