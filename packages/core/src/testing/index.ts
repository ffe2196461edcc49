export { buildFacts, buildOutcome, buildUnknown } from './build-outcome.ts';
