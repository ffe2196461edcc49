export { buildAccount, buildPool } from './build-account.ts';
export { buildGroup } from './build-group.ts';
export { buildFacts, buildOutcome, buildUnknown } from './build-outcome.ts';
