import { estimateTokens } from '@tollgate/body';
import type { GroupSnapshot, KeySnapshot } from '@tollgate/core';
import type {
  AdmitRequest,
  MoneyRequest,
  SlotRequest,
  QueueRequest,
  WindowLimit,
  WindowName,
  WindowSubject,
} from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';

/** LIM-5: how many more than run may wait, where the user has no number of its own. */
const QUEUE_EXTRA = 20;

export interface AdmitOptions {
  /** false for calls that cost no concurrency (API-5). */
  slots: boolean;
  shape: WindowName['shape'];
  /** What it is paid from; null = nothing is paid. */
  money: MoneyRequest | null;
  /** For a request that waits: what to do when the store knows no figures any more. */
  onPursesUnknown: NonNullable<QueueRequest['onPursesUnknown']>;
}

/** What of the question depends on the key and its group alone. Frozen: all their requests share it. */
interface KeyLimits {
  group: GroupSnapshot;
  shape: WindowName['shape'];
  /** LIM-1 */
  requests: readonly WindowLimit[];
  /** LIM-2; a request's own cost takes the place of these. */
  tokens: readonly WindowLimit[];
  slots: readonly SlotRequest[];
  queueMax: number;
}

const NO_SLOTS: readonly SlotRequest[] = Object.freeze([]);
const limits = new WeakMap<KeySnapshot, KeyLimits>();

/** All that one store call checks of a request: windows, money, quota flag, slots, and its place if it has to wait. */
export function buildAdmitRequest(
  context: RequestContext,
  { slots, shape, money, onPursesUnknown }: AdmitOptions,
): AdmitRequest {
  const { key, group } = context.admitted;
  const known = readKeyLimits(key, group, shape);
  return {
    userId: key.user.id,
    windows: slots && known.tokens.length > 0 ? addTokenWindows(context, known) : known.requests,
    money,
    checksTokenQuota: key.user.tokenLimit > 0,
    slots: slots ? known.slots : NO_SLOTS,
    queue: slots ? { max: known.queueMax, timeoutMs: group.queueTimeoutMs, onPursesUnknown } : null,
  };
}

/** Worked out once for as long as the snapshots live. */
function readKeyLimits(key: KeySnapshot, group: GroupSnapshot, shape: WindowName['shape']): KeyLimits {
  const known = limits.get(key);
  if (known?.group === group && known.shape === shape) return known;
  const rpm = { user: key.user.rpm, group: readGroupRpm(key, group), key: key.key.rpm };
  const tpm = { user: key.user.tpm, group: group.tpm, key: key.key.tpm };
  const listed: KeyLimits = {
    group,
    shape,
    requests: Object.freeze(listWindows(key, group, rpm, { unit: 'requests', shape, cost: 1 })),
    tokens: Object.freeze(listWindows(key, group, tpm, { unit: 'tokens', shape, cost: 0 })),
    slots: Object.freeze(buildSlots(key)),
    queueMax: readQueueMax(key),
  };
  limits.set(key, listed);
  return listed;
}

/** LIM-1, LIM-2: checked together, the strictest wins. */
function addTokenWindows({ parsed }: RequestContext, { requests, tokens }: KeyLimits): WindowLimit[] {
  const { body, scan } = parsed;
  const cost = estimateTokens({ bodyBytes: body.length, scan });
  return [...requests, ...tokens.map((window) => ({ ...window, cost }))];
}

/** One for each limit that is set: what is not limited costs nothing, here either. */
function listWindows(
  key: KeySnapshot,
  group: GroupSnapshot,
  { user, group: ofGroup, key: ofKey }: { user: number; group: number; key: number },
  { unit, shape, cost }: Pick<WindowLimit, 'unit' | 'shape' | 'cost'>,
): WindowLimit[] {
  const userId = key.user.id;
  const windows: WindowLimit[] = [];
  const add = (subject: WindowSubject, limit: number) => windows.push({ subject, unit, shape, limit, cost });
  if (user > 0) add({ kind: 'user', userId }, user);
  if (ofGroup > 0) add({ kind: 'user-group', userId, groupId: group.id }, ofGroup);
  if (ofKey > 0) add({ kind: 'key', userId, keyId: key.key.id }, ofKey);
  return windows;
}

/** The user's own figure in place of the group's; 0 = free of it. */
export function readGroupRpm(key: KeySnapshot, group: GroupSnapshot): number {
  return Object.hasOwn(key.rpmOverrides, group.id) ? (key.rpmOverrides[group.id] ?? 0) : group.rpm;
}

/** The user's own slots come first: its queue is the one to wait in. */
function buildSlots({ key, user }: KeySnapshot): SlotRequest[] {
  const slots: SlotRequest[] = [{ holder: { kind: 'user', userId: user.id }, max: user.concurrency }];
  if (key.concurrency > 0)
    slots.push({ holder: { kind: 'key', userId: user.id, keyId: key.id }, max: key.concurrency });
  return slots;
}

function readQueueMax({ user }: KeySnapshot): number {
  return user.queueMax ?? Math.max(user.concurrency, 1) + QUEUE_EXTRA;
}
