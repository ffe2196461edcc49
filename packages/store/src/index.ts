export {
  HEARTBEAT_MS,
  LEASE_TTL_MS,
  RPM_WINDOW_MS,
  SEED_TOKEN_TTL_MS,
  StoreUnavailableError,
  type AccountCandidate,
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
  type TakeAccountRequest,
  type TakeAccountResult,
  type Ticket,
  type TicketOutcome,
  type WindowState,
} from './port.ts';
export { createLocalStore, type LocalStoreOptions } from './local/local-store.ts';
export { createRedisStore, type RedisStoreOptions } from './redis/redis-store.ts';
export { keySnapshotName, poolSnapshotName } from './snapshot-names.ts';
