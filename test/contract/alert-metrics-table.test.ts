import { readFileSync } from 'node:fs';
import { ALERT_METRIC_NAMES, ALERT_METRICS } from '@tollgate/core';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');

/** The cells of the table under `## Metrics`, row by row. */
function readRows(): string[][] {
  const [, section = ''] = page.split('\n## Metrics\n');
  const rows = section.split('\n## ')[0]?.matchAll(/^\| `(\w+)` +\|(.+)\|$/gmu) ?? [];
  return [...rows].map(([, name = '', rest = '']) =>
    [name].concat(rest.split('|').map((cell) => cell.trim())),
  );
}

it('[OPS-5] docs/alerts.md has each metric with its unit, its filters and how it is made', () => {
  const metrics = ALERT_METRIC_NAMES.map((name) => {
    const { unit, over, dimensions, about } = ALERT_METRICS[name];
    return [name, unit, over, dimensions.join(', ') || '–', about];
  });
  expect(readRows()).toEqual(metrics);
});
