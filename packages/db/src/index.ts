export {
  claimAlertRules,
  type AlertRound,
  type AlertWindows,
  type ClaimedEvent,
  type ClaimedRule,
} from './alert-runs/claim-rules.ts';
export {
  claimDeliveries,
  type AlertDeliveryClaim,
  type StoredAlertChannel,
  type StoredAlertEvent,
} from './alert-runs/claim-deliveries.ts';
export { endDelivery, type AlertDeliveryEnd } from './alert-runs/end-delivery.ts';
export { forgetAlerts } from './alert-runs/forget-alerts.ts';
export { REQUEST_MS_MAX, type FigureSource } from './alert-runs/figure-statements.ts';
export {
  listAlertAccounts,
  readFigures,
  type FigureQuestion,
  type FigureWindow,
} from './alert-runs/read-figures.ts';
export {
  recordQuietSteps,
  recordRuleStep,
  type RecordedChange,
  type RecordedStep,
} from './alert-runs/record-steps.ts';
export { resolveOrphans } from './alert-runs/resolve-orphans.ts';
export { installSecretKey, verifySecretKey } from './check-secret-key.ts';
export { createUsageSink, type UsageSink, type UsageSinkOptions } from './book-usage.ts';
export { findDecision, type DetailedDecision } from './decisions/find-decision.ts';
export { listDecisions, type DecisionQuery, type DecisionRow } from './decisions/list-decisions.ts';
export { createDecisionSink } from './decisions/write-decisions.ts';
export { DataDirLockedError } from './embedded/lock-data-dir.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/start-embedded-postgres.ts';
export { fingerprintCredentials } from './fingerprint-credentials.ts';
export { buildKeyPrefix, generateApiKey, hashKey, parseCustomKey } from './hash-key.ts';
export { listUsage, type UsageCursor, type UsageListRow, type UsageQuery } from './list-usage.ts';
export { bookRerate, type BookedRerate } from './book-rerate.ts';
export { createPriceSource } from './load-prices.ts';
export { createSnapshotSource } from './load-snapshots.ts';
export { migrate, MigrationError, readMigrations, type Migration } from './migrate.ts';
export { moveBalance, type BalanceMovement } from './move-balance.ts';
export { claimNotice, type ClaimOptions, type NoticeClaim } from './notices/claim-notice.ts';
export { endNotice, keepNotice, type NoticeEnd } from './notices/end-notice.ts';
export { openDatabase, type Database, type DatabaseOptions, type Transaction } from './open-database.ts';
export {
  createOutboxDispatcher,
  enqueueInvalidations,
  type OutboxDispatcher,
  type OutboxDispatcherOptions,
} from './outbox.ts';
export { dropPartitionsBefore } from './partitions/drop-partitions.ts';
export { ensurePartitions } from './partitions/ensure-partitions.ts';
export {
  buildPeriod,
  DECISION_PARTITIONS,
  POOL_PARTITIONS,
  USAGE_PARTITIONS,
  type PartitionedTable,
} from './partitions/periods.ts';
export { compareExport, type Comparison, type ExportFault } from './reconcile/compare-export.ts';
export { openSecret, parseSecretKey, SealError, sealSecret, type SecretKey } from './seal-secret.ts';
export {
  beginRefresh,
  listDueRefreshes,
  type BeginRefreshOptions,
  type RefreshLease,
} from './token-refresh/begin-refresh.ts';
export { endRefresh, type RefreshEnd } from './token-refresh/end-refresh.ts';
export { createWindowCostSource } from './sum-window-cost.ts';
export { createTokenQuotaSource } from './token-quota.ts';
export * as schema from './schema/index.ts';
