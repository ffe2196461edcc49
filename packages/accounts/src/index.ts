export { listEligibleAccounts } from './list-eligible-accounts.ts';
export type {
  Eligibility,
  EligibilityQuery,
  EligibleAccount,
  ExclusionReason,
} from './list-eligible-accounts.ts';
export { listServableModels } from './list-servable-models.ts';
export { mapModel } from './map-model.ts';
export type { ModelMapping } from './map-model.ts';
export { MAPPING_ENTRIES_MAX, MAPPING_NAME_LENGTH_MAX, parseModelMapping } from './parse-model-mapping.ts';
export type { MappingProblem, ParsedModelMapping } from './parse-model-mapping.ts';
