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

/** All that one store call checks of a request: windows, money, quota flag, slots, and its place if it has to wait. */
export function buildAdmitRequest(
  context: RequestContext,
  { slots, shape, money, onPursesUnknown }: AdmitOptions,
): AdmitRequest {
  const { key, group } = context.admitted;
  const { user } = key;
  return {
    userId: user.id,
    windows: buildWindows(context, slots, shape),
    money,
    checksTokenQuota: user.tokenLimit > 0,
    slots: slots ? buildSlots(key) : [],
    queue: slots ? { max: readQueueMax(key), timeoutMs: group.queueTimeoutMs, onPursesUnknown } : null,
  };
}

/** LIM-1, LIM-2: checked together, the strictest wins. */
function buildWindows(
  context: RequestContext,
  countsTokens: boolean,
  shape: WindowName['shape'],
): WindowLimit[] {
  const { key, group } = context.admitted;
  const rpm = { user: key.user.rpm, group: readGroupRpm(key, group), key: key.key.rpm };
  const windows = listWindows(context, rpm, { unit: 'requests', shape, cost: 1 }, []);
  const tpm = { user: key.user.tpm, group: group.tpm, key: key.key.tpm };
  if (!countsTokens || !(tpm.user > 0 || tpm.group > 0 || tpm.key > 0)) return windows;
  const { body, scan } = context.parsed;
  const cost = estimateTokens({ bodyBytes: body.length, scan });
  return listWindows(context, tpm, { unit: 'tokens', shape, cost }, windows);
}

/** One for each limit that is set: what is not limited costs nothing, here either. */
function listWindows(
  { admitted: { key, group } }: RequestContext,
  limits: { user: number; group: number; key: number },
  { unit, shape, cost }: Pick<WindowLimit, 'unit' | 'shape' | 'cost'>,
  windows: WindowLimit[],
): WindowLimit[] {
  const userId = key.user.id;
  const add = (subject: WindowSubject, limit: number) => windows.push({ subject, unit, shape, limit, cost });
  if (limits.user > 0) add({ kind: 'user', userId }, limits.user);
  if (limits.group > 0) add({ kind: 'user-group', userId, groupId: group.id }, limits.group);
  if (limits.key > 0) add({ kind: 'key', userId, keyId: key.key.id }, limits.key);
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
