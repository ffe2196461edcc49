import type { AccuracyPlan, AccuracyResult } from './measure-fleet.ts';

/** What must hold, in words; empty = all does. */
export function listBreaches(
  { windows, otherAnswers, userMax, accountMax }: AccuracyResult,
  plan: AccuracyPlan,
) {
  const breaches: string[] = [];
  for (const { overshoot, wronglyRefused } of windows) {
    if (overshoot > 0) breaches.push(`${overshoot} admitted beyond the window`);
    if (wronglyRefused > 0) breaches.push(`${wronglyRefused} refused although the window had room`);
  }
  if (userMax > plan.userSlots) breaches.push(`${userMax} at once of a user with ${plan.userSlots} slots`);
  if (accountMax > plan.accountSlots) breaches.push(`${accountMax} at once on ${plan.accountSlots} slots`);
  if (otherAnswers.length > 0)
    breaches.push(`${otherAnswers.length} other answers, first: ${otherAnswers[0]}`);
  return breaches;
}

/** The section of the page, as lines. */
export function buildAccuracyTables(results: readonly AccuracyResult[], plan: AccuracyPlan): string[] {
  return [
    '### requests a minute',
    '',
    '| gateways | admitted / allowed, minute by minute | rightly refused | overshoot | wrongly refused | 503, store slower than 250 ms |',
    '|---|---|---|---|---|---|',
    ...results.map((result) => buildWindowRow(result, plan)),
    '',
    '### slots',
    '',
    `| gateways | most at once, user (${plan.userSlots}) | most at once, account (${plan.accountSlots}) | user slot freed → next request, p50 / p99 ms | account slot freed → next request, p50 / p99 ms |`,
    '|---|---|---|---|---|',
    ...results.map(
      ({ nodes, userMax, accountMax, userGapsMs, accountGapsMs }) =>
        `| ${nodes} | ${userMax} | ${accountMax} | ${spellGaps(userGapsMs)} | ${spellGaps(accountGapsMs)} |`,
    ),
    '',
    '### fairness on a busy account',
    '',
    '| gateways | share of the light user, weights 1 : 1 (fair: 0.50) | weight 3 against 1 (fair: 0.75) |',
    '|---|---|---|',
    ...results.map(
      ({ nodes, lightShare, lightShareThreefold }) =>
        `| ${nodes} | ${lightShare.toFixed(3)} | ${lightShareThreefold.toFixed(3)} |`,
    ),
  ];
}

function buildWindowRow({ nodes, windows, tooSlow }: AccuracyResult, { rpm }: AccuracyPlan): string {
  const sum = (field: 'refused' | 'overshoot' | 'wronglyRefused') =>
    windows.reduce((total, window) => total + window[field], 0);
  const admitted = windows.map((window) => `${window.admitted} / ${rpm}`).join(', ');
  const rightly = sum('refused') - sum('wronglyRefused');
  return `| ${nodes} | ${admitted} | ${rightly} | ${sum('overshoot')} | ${sum('wronglyRefused')} | ${tooSlow} |`;
}

function spellGaps(gapsMs: readonly number[]): string {
  if (gapsMs.length === 0) return 'not seen full (0)';
  const sorted = gapsMs.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN).toFixed(1);
  return `${at(0.5)} / ${at(0.99)} (${sorted.length})`;
}
