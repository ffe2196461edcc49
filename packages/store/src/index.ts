export {
  HEARTBEAT_MS,
  LEASE_TTL_MS,
  RPM_WINDOW_MS,
  SEED_TOKEN_TTL_MS,
  StoreUnavailableError,
  type AdmitRequest,
  type AdmitResult,
  type Lease,
  type QueueRequest,
  type RpmLimit,
  type RpmSubject,
  type SlotHolder,
  type SlotRequest,
  type SnapshotRead,
  type Store,
  type Ticket,
  type TicketOutcome,
  type WindowState,
} from './port.ts';
export {
  ACCOUNT_EXCLUSION_REASONS,
  type AccountCandidate,
  type AccountExclusion,
  type AccountExclusionReason,
  type AccountState,
  type AccountStateKind,
  type AccountStore,
  type AccountWait,
  type SessionRegistration,
  type StickyBinding,
  type StickyPage,
  type StickySelection,
  type TakeAccountRequest,
  type TakeAccountResult,
  type WindowCost,
} from './account-port.ts';
export { selectCostWindow } from './rules/window-cost.ts';
export { createLocalStore, type LocalStoreOptions } from './local/local-store.ts';
export { createRedisStore, type RedisStoreOptions } from './redis/redis-store.ts';
export { keySnapshotName, groupSnapshotName, poolSnapshotName } from './snapshot-names.ts';
