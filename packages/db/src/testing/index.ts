export { createTestDatabase, type TestDatabase } from './create-test-database.ts';
export { buildTestDecision, writeTestDecisions } from './write-test-decisions.ts';
