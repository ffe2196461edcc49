import { setTimeout as sleep } from 'node:timers/promises';
import { runClosedLoop, type Answer, type Crowd } from './closed-loop.ts';
import type { HolderCount, UpstreamCounts } from './counting-upstream.ts';
import { isStoreTooSlow, isWindowRefusal, judgeWindows, type WindowVerdict } from './judge-windows.ts';
import type { UpstreamThread } from './upstream-thread.ts';

/** Each fleet has its own, whose windows no other has used. */
export function buildWindowsUser(gateways: number): { user: string; key: string } {
  return { user: `windows-${gateways}`, key: `sk-accuracy-windows-${gateways}` };
}

/** What is asked of the fleet; `buildAccuracyConfig` sets it up with the same figures. */
export interface AccuracyPlan {
  /** Numbers of gateways. */
  fleets: readonly number[];
  rpm: number;
  userSlots: number;
  accountSlots: number;
  /** So that the slots of one user and those of all accounts of its group are one number. */
  accounts: number;
  connections: number;
  /** Of the light user beside the heavy one; both together are `connections`. */
  lightConnections: number;
  /** Before and after the turn of the minute; null = the windows are taken as the clock has them. */
  beforeTurnMs: number | null;
  windowsMs: number;
  waitingMs: number;
  fairnessMs: number;
}

export const USERS = {
  waiting: { user: 'waiting', key: 'sk-accuracy-waiting-000' },
  heavy: { user: 'heavy', key: 'sk-accuracy-heavy-00000' },
  light: { user: 'light', key: 'sk-accuracy-light-00000' },
  lightThreefold: { user: 'light-3', key: 'sk-accuracy-light-3-000' },
} as const;

export interface AccuracyResult {
  nodes: number;
  windows: WindowVerdict[];
  /** Answers 503 because the store was too slow. */
  tooSlow: number;
  /** Neither good nor one of these: nothing here may be. */
  otherAnswers: string[];
  /** Highest of all phases. */
  userMax: number;
  accountMax: number;
  /** From the end of one answer to the arrival of the next request of the full user, or on the full account. */
  userGapsMs: number[];
  accountGapsMs: number[];
  /** The light user's part of the account's requests: with equal weights, and with three times the weight. */
  lightShare: number;
  lightShareThreefold: number;
}

const MINUTE_MS = 60_000;
/** Until all slots of a phase are taken. */
const FILL_MS = 1_000;
/** Before the clients stop. */
const DRAIN_MS = 100;

/** The phases, one after the other, against gateways that run already. */
export async function measureFleet(
  gateways: readonly string[],
  upstream: UpstreamThread,
  plan: AccuracyPlan,
): Promise<AccuracyResult> {
  const { connections, lightConnections } = plan;
  const heavy = { ...USERS.heavy, connections: connections - lightConnections };
  const run = (crowds: Crowd[], durationMs: number, fillMs = FILL_MS) =>
    runPhase(gateways, upstream, plan, { crowds, durationMs, fillMs });

  const waiting = await run([{ ...USERS.waiting, connections }], plan.waitingMs);
  const equal = await run([heavy, { ...USERS.light, connections: lightConnections }], plan.fairnessMs);
  const threefold = { ...USERS.lightThreefold, connections: lightConnections };
  const weighted = await run([heavy, threefold], plan.fairnessMs);
  if (plan.beforeTurnMs !== null) await sleepUntilTurn(plan.beforeTurnMs);
  const windows = await run([{ ...buildWindowsUser(gateways.length), connections }], plan.windowsMs, 0);

  const all = [waiting, equal, weighted, windows];
  const maxOf = (kind: keyof UpstreamCounts) =>
    Math.max(
      ...all.flatMap(({ counts }) => Object.values(counts[kind]).map(({ inFlightMax }) => inFlightMax)),
    );
  return {
    nodes: gateways.length,
    windows: judgeWindows(windows.answers, plan.rpm),
    tooSlow: all.flatMap(({ answers }) => answers.filter(isStoreTooSlow)).length,
    otherAnswers: [
      ...[waiting, equal, weighted].flatMap(({ answers }) => answers),
      ...windows.answers.filter((answer) => !isWindowRefusal(answer)),
    ]
      .filter((answer) => answer.status !== 200 && !isStoreTooSlow(answer))
      .map(({ status, message }) => `${status} ${message}`),
    userMax: maxOf('users'),
    accountMax: maxOf('accounts'),
    userGapsMs: listGaps(waiting.busy.users),
    accountGapsMs: [equal, weighted].flatMap(({ busy }) => listGaps(busy.accounts)),
    lightShare: shareOf(equal.busy, USERS.light.user),
    lightShareThreefold: shareOf(weighted.busy, USERS.lightThreefold.user),
  };
}

interface Phase {
  answers: Answer[];
  /** Of the whole phase. */
  counts: UpstreamCounts;
  /** While all clients were there: at the end those that still wait are served, be it fair or not. */
  busy: UpstreamCounts;
}

async function runPhase(
  gateways: readonly string[],
  upstream: UpstreamThread,
  plan: AccuracyPlan,
  { crowds, durationMs, fillMs }: { crowds: readonly Crowd[]; durationMs: number; fillMs: number },
): Promise<Phase> {
  await upstream.begin({ perUser: plan.userSlots, perAccount: plan.accountSlots, fillMs });
  const [answers, busy] = await Promise.all([
    runClosedLoop(gateways, crowds, durationMs),
    readWhileBusy(upstream, durationMs),
  ]);
  return { answers: [...answers.values()].flat(), busy, counts: await upstream.read() };
}

async function readWhileBusy(upstream: UpstreamThread, durationMs: number): Promise<UpstreamCounts> {
  await sleep(FILL_MS);
  const filled = await upstream.read();
  await sleep(durationMs - FILL_MS - DRAIN_MS);
  const { users, accounts } = await upstream.read();
  const since = ([name, count]: [string, HolderCount]): [string, HolderCount] => [
    name,
    { ...count, started: count.started - (filled.users[name]?.started ?? 0) },
  ];
  return { users: Object.fromEntries(Object.entries(users).map(since)), accounts };
}

async function sleepUntilTurn(beforeTurnMs: number): Promise<void> {
  const restMs = MINUTE_MS - (Date.now() % MINUTE_MS) - beforeTurnMs;
  await sleep(restMs >= 0 ? restMs : restMs + MINUTE_MS);
}

function listGaps(holders: Record<string, HolderCount>): number[] {
  return Object.values(holders).flatMap(({ gapsMs }) => gapsMs);
}

function shareOf({ users }: UpstreamCounts, user: string): number {
  const all = Object.values(users).reduce((sum, { started }) => sum + started, 0);
  return (users[user]?.started ?? 0) / all;
}
