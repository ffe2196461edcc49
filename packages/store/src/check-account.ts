import type { AccountReport, UpstreamWindow } from '@tollgate/core';
import type { AccountCandidate, AccountWait, TakeAccountRequest } from './account-port.ts';
import { checkTtl, checkWhole, TIMEOUT_MS_MAX } from './check-request.ts';

/** Sticky names and session ids: callers hash them. */
const NAME_CHARS_MAX = 200;
/** Longer names of models share their state: nobody sells two that differ only after this. */
const MODEL_CHARS_MAX = 200;
const REASON_CHARS_MAX = 500;
const BLOCK_MS_MAX = 30 * 24 * 3_600_000;
const WEIGHT_MAX = 100;
const PICO_USD_SHAPE = /^\d{1,30}$/;

/** Lists that have passed: callers keep theirs, and ask with the same one for every request. */
const checkedLists = new WeakSet<readonly AccountCandidate[]>();
/** Mostly the next request's as well. */
let lastChecked: readonly AccountCandidate[] | null = null;

/** Throws RangeError on limits that are no whole numbers or below 0, on names that are too long, on an account twice. */
export function checkTakeAccount({ candidates, weight, sticky, session, wait }: TakeAccountRequest): void {
  checkBetween(weight, 1, WEIGHT_MAX, 'weight');
  if (sticky !== null) {
    checkName(sticky.name, 'sticky.name');
    checkTtl(sticky.ttlMs);
  }
  if (session !== null) checkName(session, 'session');
  if (wait !== null) checkWait(wait);
  if (Object.isFrozen(candidates)) checkFrozen(candidates);
  else checkCandidates(candidates);
}

function checkFrozen(candidates: readonly AccountCandidate[]): void {
  if (candidates === lastChecked) return;
  if (!checkedLists.has(candidates)) checkCandidates(candidates);
  checkedLists.add(candidates);
  lastChecked = candidates;
}

function checkCandidates(candidates: readonly AccountCandidate[]): void {
  for (const candidate of candidates) checkCandidate(candidate);
  checkDistinct(candidates);
}

function checkWait({ stickyMax, stickyTimeoutMs, max, timeoutMs }: AccountWait): void {
  checkBetween(stickyMax, 0, Number.MAX_SAFE_INTEGER, 'wait.stickyMax');
  checkBetween(max, 0, Number.MAX_SAFE_INTEGER, 'wait.max');
  checkBetween(stickyTimeoutMs, 1, TIMEOUT_MS_MAX, 'wait.stickyTimeoutMs');
  checkBetween(timeoutMs, 1, TIMEOUT_MS_MAX, 'wait.timeoutMs');
}

function checkCandidate({ max, priority, sessionsMax, sessionIdleMs, windowCost }: AccountCandidate): void {
  checkWhole(max, 'max');
  checkWhole(priority, 'priority');
  checkBetween(sessionsMax, 0, Number.MAX_SAFE_INTEGER, 'sessionsMax');
  if (sessionsMax > 0) checkTtl(sessionIdleMs);
  if (windowCost === null) return;
  checkPicoUsd(windowCost.limit, 'windowCost.limit');
  checkPicoUsd(windowCost.reserve, 'windowCost.reserve');
}

/** One account under two names would be counted apart while a turn's takes run. */
function checkDistinct(candidates: readonly AccountCandidate[]): void {
  if (candidates.length < 2) return;
  const ids = new Set<string>();
  for (const { accountId } of candidates) ids.add(accountId);
  if (ids.size !== candidates.length) throw new RangeError('an account is named twice');
}

/** Throws RangeError on a length that is no whole number or over 30 days. Gives the report with its texts cut. */
export function checkReport(report: AccountReport): AccountReport {
  if (report.kind === 'block') checkBetween(report.untilMs, 0, BLOCK_MS_MAX, 'untilMs');
  // Mostly a success, with a name of usual length: the report as it is.
  const hasCutModel = report.upstreamModel === null || report.upstreamModel.length <= MODEL_CHARS_MAX;
  if (report.kind === 'success' && hasCutModel) return report;
  const upstreamModel = cutModel(report.upstreamModel);
  if (report.kind === 'success' || report.kind === 'undecided') return { ...report, upstreamModel };
  return { ...report, upstreamModel, reason: report.reason.slice(0, REASON_CHARS_MAX) };
}

export function cutModel<Model extends string | null>(model: Model): Model {
  return (model === null ? null : model.slice(0, MODEL_CHARS_MAX)) as Model;
}

/** Throws RangeError on moments and shares that are no numbers. */
export function checkWindows(windows: readonly UpstreamWindow[]): void {
  for (const { utilization, resetsAtMs } of windows) {
    if (utilization !== null && !Number.isFinite(utilization))
      throw new RangeError('utilization is no number');
    if (resetsAtMs !== null) checkBetween(resetsAtMs, 0, Number.MAX_SAFE_INTEGER, 'resetsAtMs');
  }
}

/** Throws RangeError unless both are whole numbers and the window has a length. */
export function checkCostWindow({ startMs, endMs }: { startMs: number; endMs: number }): void {
  checkBetween(startMs, 0, endMs, 'startMs');
  checkTtl(endMs - startMs);
}

/** Throws RangeError on an empty name, and on one that the caller has not hashed. */
export function checkName(name: string, what: string): void {
  if (name.length > 0 && name.length <= NAME_CHARS_MAX) return;
  throw new RangeError(`${what} must have 1 to ${NAME_CHARS_MAX} characters: ${name.length}`);
}

export function checkBetween(value: number, min: number, max: number, what: string): void {
  checkWhole(value, what);
  if (value < min || value > max) throw new RangeError(`${what} must be ${min} to ${max}: ${value}`);
}

function checkPicoUsd(text: string, what: string): void {
  if (!PICO_USD_SHAPE.test(text)) throw new RangeError(`${what} must be a whole number of pico-USD`);
}
