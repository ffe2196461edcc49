export * from './account-report.ts';
export * from './alert-metrics.ts';
export * from './alerts.ts';
export { encodeOutcomeJson } from './attempt-json.ts';
export {
  LINE_AT_MS_MAX,
  LINE_BYTES_MAX,
  LINE_COST_MAX,
  LINE_FIELDS,
  LINE_MARK,
  LINE_MEDIA_FIELDS,
  LINE_MULTIPLIER_MAX,
  type LineField,
} from './attempt-line.ts';
export { LINE_COUNT_MAX, LINE_TEXT_LENGTH_MAX } from './line-writer.ts';
export {
  buildAttemptBatch,
  decodeFacts,
  decodeOutcome,
  encodeFacts,
  encodeOutcome,
  splitAttemptBatch,
  writeOutcome,
  type AttemptBatch,
} from './attempt-text.ts';
export { buildUnknownOutcome } from './build-unknown-outcome.ts';
export * from './clock.ts';
export * from './decision.ts';
export { DecisionBatch, type DecisionSink } from './decision-batch.ts';
export { DECISION_NULL, encodeDecisionRecord, packPool, type DecisionText } from './decision-text.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './invalidation.ts';
export { isSameAttempt } from './is-same-attempt.ts';
export * from './logger.ts';
export * from './money.ts';
export * from './platforms.ts';
export * from './purse-windows.ts';
export * from './snapshots.ts';
export * from './slot-map.ts';
export * from './sources.ts';
export { listTracedPools, unpackDetail, unpackTrace, type StoredDetail } from './unpack-decision.ts';
export * from './upstream-window.ts';
export * from './usage.ts';
