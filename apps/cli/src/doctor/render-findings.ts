import type { Finding } from './finding.ts';

const MARKS: Record<Finding['level'], string> = { ok: 'ok  ', warning: 'WARN', failure: 'FAIL' };

/** A line a finding, what to do below it, and the sum at the end. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ level, check, message, mend }) => [
    `${MARKS[level]}  ${check.padEnd(width)}  ${message}`,
    ...(mend === undefined ? [] : [`${' '.repeat(width + 8)}→ ${mend}`]),
  ]);
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  return [...lines, `${count('ok')} ok, ${count('warning')} warnings, ${count('failure')} failures`].join(
    '\n',
  );
}
