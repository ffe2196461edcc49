import { readFileSync } from 'node:fs';
import { builtInPriceBook } from '@tollgate/pricing';
import { expect, it } from 'vitest';

const PAGE = readFileSync(new URL('../../docs/money.md', import.meta.url), 'utf8');
const AT_MS = Date.UTC(2026, 10, 21);

/** Rows of the table under `| name | priced as |`. */
function readTable(): [name: string, model: string][] {
  const [, table = ''] = /\| name +\| priced as +\|\n\|[ |-]+\n((?:\|.*\n)+)/.exec(PAGE) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` +\| (?:`([^`]+)`|(unknown)) +\|$/gm)].map(
    ([, name = '', model, unknown = '']) => [name, model ?? unknown],
  );
}

it('[MON-2] the page says which price a name has, and the price book agrees', () => {
  const rows = readTable();
  expect(rows.length).toBeGreaterThan(10);
  const found = rows.map(([name]) => [name, builtInPriceBook.findPrice(name, AT_MS)?.model ?? 'unknown']);
  expect(found).toEqual(rows);
});
