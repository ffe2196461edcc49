import type { ModeResult } from './revocation-modes.ts';

/** Sentences; none when every bound is kept. */
export function listRevocationBreaches({ mode, revocations, boundMs }: ModeResult): string[] {
  const breaches: string[] = [];
  const worstMs = Math.max(0, ...revocations.flatMap(({ lastAcceptedMs }) => lastAcceptedMs));
  if (boundMs !== null && worstMs > boundMs)
    breaches.push(`${mode}: a key was accepted ${Math.round(worstMs)} ms after the answer, bound ${boundMs}`);
  const early = revocations.filter(({ change, acceptedAfter }) => hasReachedAll(change) && acceptedAfter > 0);
  if (early.length > 0)
    breaches.push(`${mode}: ${early.length} keys were accepted after "in force on every node"`);
  if (boundMs === null && revocations.some(({ change }) => !hasReachedAll(change)))
    breaches.push(`${mode}: not every answer said "in force on every node"`);
  return breaches;
}

/** A row a mode, then a row a node. */
export function buildRevocationTable(results: readonly ModeResult[]): string[] {
  return [
    '| mode | node | revocations | accepted after the answer | p50 ms | p99 ms | max ms | bound ms | in force after (p50 / p99 / max ms) | load, requests/s |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...results.flatMap(buildRows),
  ];
}

function buildRows({ mode, revocations, boundMs, loadPerSecond }: ModeResult): string[] {
  const nodes = revocations[0]?.lastAcceptedMs.map((_, node) => node) ?? [];
  const inForce = revocations.flatMap(({ change }) => change?.inForce?.afterMs ?? []);
  const after = revocations.reduce((sum, { acceptedAfter }) => sum + acceptedAfter, 0);
  const all = revocations.flatMap(({ lastAcceptedMs }) => lastAcceptedMs);
  const waited = inForce.length === 0 ? '' : showFigures(inForce).join(' / ');
  const bound = boundMs === null ? 'none may be' : String(boundMs);
  const shown = [mode, 'all', revocations.length, after, ...showFigures(all), bound, waited];
  const ofNode = nodes.map((node) => {
    const figures = revocations.map(({ lastAcceptedMs }) => lastAcceptedMs[node] ?? 0);
    return row(['', node, '', '', ...showFigures(figures), '', '', '']);
  });
  return [row([...shown, Math.round(loadPerSecond)]), ...ofNode];
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function showFigures(figures: readonly number[]): string[] {
  const sorted = figures.toSorted((one, other) => one - other);
  const pick = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return [pick(0.5), pick(0.99), pick(1)].map((ms) => (ms === undefined ? '-' : ms.toFixed(ms < 10 ? 1 : 0)));
}

function hasReachedAll(change: ModeResult['revocations'][number]['change']): boolean {
  return change?.inForce !== null && change?.inForce !== undefined && change.inForce.afterMs !== null;
}
