export { isStreamOnly } from './is-stream-only.ts';
export { isInModelScopes } from './is-in-model-scopes.ts';
export { listEligibleAccounts } from './list-eligible-accounts.ts';
export type {
  Eligibility,
  EligibilityQuery,
  EligibleAccount,
  ExclusionReason,
} from './list-eligible-accounts.ts';
export { listServableModels } from './list-servable-models.ts';
export { mapDispatchedModel } from './map-dispatched-model.ts';
export { mapModel } from './map-model.ts';
export type { ModelMapping } from './map-model.ts';
export { MAPPING_ENTRIES_MAX, MAPPING_NAME_LENGTH_MAX, parseModelMapping } from './parse-model-mapping.ts';
export type { MappingProblem, ParsedModelMapping } from './parse-model-mapping.ts';
export { isAcceptableElsewhere } from './routing/is-acceptable-elsewhere.ts';
export {
  isClaudeCodeAgent,
  isClaudeCodeRequest,
  type ClientTraits,
} from './routing/is-claude-code-request.ts';
export { selectGroupForClient, type GroupForClient } from './routing/select-group-for-client.ts';
export { selectRoutedAccounts } from './routing/select-routed-accounts.ts';
export { selectUpstreamProtocol, type SpeakingAccount } from './select-upstream-protocol.ts';
export { advanceQuota, QUOTA_START, type QuotaStep } from './token-quota/advance-quota.ts';
export { QUOTA_PERIOD_MS, type QuotaFigures } from './token-quota/quota-figures.ts';
export {
  QUOTA_EVENTS,
  QUOTA_STATES,
  type QuotaEffect,
  type QuotaEvent,
  type QuotaInput,
  type QuotaState,
  type QuotaStateName,
} from './token-quota/quota-states.ts';
export { QUOTA_TRANSITIONS, type QuotaTransition } from './token-quota/quota-transitions.ts';
export {
  mapRefreshAnswer,
  type RefreshMeaning,
  type TokenAnswer,
} from './token-refresh/map-refresh-answer.ts';
export {
  planNextRefresh,
  planRefreshRetry,
  REFRESH_FAILURES_MAX,
  type RefreshRetry,
} from './token-refresh/plan-refresh.ts';
export {
  mapUpstreamAnswer,
  type AnswerMeaning,
  type UpstreamAnswer,
} from './upstream-answer/map-upstream-answer.ts';
export { parseUpstreamWindows } from './upstream-windows/parse-upstream-windows.ts';
