export {
  HEARTBEAT_MS,
  LEASE_TTL_MS,
  NODE_TTL_MS,
  TICKET_RENEW_MS,
  TICKET_TTL_MS,
  TOKEN_QUOTA_BLOCK_MS_MIN,
  WINDOW_MS,
  StoreUnavailableError,
  type AdmitRequest,
  type AdmitResult,
  type Counted,
  type DegradedLimits,
  type Lease,
  type QueueRequest,
  type Reservation,
  type SlotHolder,
  type SlotLoad,
  type SlotRequest,
  type SnapshotRead,
  type Store,
  type Ticket,
  type TicketOutcome,
  type WindowLimit,
  type WindowName,
  type WindowState,
  type WindowSubject,
  type WindowUse,
} from './port.ts';
export {
  LOST_HOLDS_MAX,
  NOTE_LENGTH_MAX,
  SEED_TOKEN_TTL_MS,
  type Hold,
  type LostHold,
  type MoneyRefusal,
  type MoneyRequest,
  type MoneyStore,
  type PurseLimit,
  type PurseName,
  type PurseSeed,
  type PurseState,
} from './money-port.ts';
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
export type { DirectStore, Sink } from './direct-store.ts';
export type { NodeAbout, NodeList, NodeState, NodeStore } from './node-port.ts';
export { select5hEnd } from './rules/upstream-windows.ts';
export { selectCostWindow } from './rules/window-cost.ts';
export { createLocalStore, type LocalStoreOptions } from './local/local-store.ts';
export { createResilientStore, type ResilientStoreOptions } from './degraded/resilient-store.ts';
export type { RedisStoreOptions } from './redis/redis-store-options.ts';
export { createRedisStore } from './redis/redis-store.ts';
export {
  groupSnapshotName,
  keySnapshotName,
  poolSnapshotName,
  priceListSnapshotName,
  priceVersionSnapshotName,
} from './snapshot-names.ts';
