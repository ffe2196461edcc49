import type { GroupId } from '../ids.ts';
import { DEFAULT_DEADLINES, DEFAULT_QUEUE_TIMEOUT_MS, type GroupSnapshot } from '../snapshots.ts';

/** A group without limits or restrictions; `change` says what a test is about. */
export function buildGroup(change: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return {
    id: 'grp_1' as GroupId,
    name: 'one',
    platform: 'anthropic',
    status: 'active',
    type: 'standard',
    rateMultiplier: '1',
    rpm: 0,
    tpm: 0,
    clientRestriction: 'none',
    fallbackGroupId: null,
    invalidRequestFallbackGroupId: null,
    modelRouting: [],
    queueTimeoutMs: DEFAULT_QUEUE_TIMEOUT_MS,
    unpricedModels: 'refuse',
    deadlines: DEFAULT_DEADLINES,
    ...change,
  };
}
