import type { GroupId } from '../ids.ts';
import {
  DEFAULT_DEADLINES,
  DEFAULT_DRAIN_MS,
  DEFAULT_DRAIN_TOKENS,
  DEFAULT_MESSAGES_DISPATCH,
  DEFAULT_QUEUE_TIMEOUT_MS,
  type GroupSnapshot,
} from '../snapshots.ts';

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
    limitDay: null,
    limitWeek: null,
    limitMonth: null,
    holdMax: null,
    hangUp: 'abort',
    drainMs: DEFAULT_DRAIN_MS,
    drainTokens: DEFAULT_DRAIN_TOKENS,
    imagePrices: { '1k': null, '2k': null, '4k': null },
    messagesDispatch: DEFAULT_MESSAGES_DISPATCH,
    modelScopes: null,
    mcpXmlInject: false,
    deadlines: DEFAULT_DEADLINES,
    ...change,
  };
}
