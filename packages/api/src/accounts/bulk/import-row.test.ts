import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CSV_COLUMNS } from './import-row.ts';

it('[CTL-3] the page on accounts names the columns of a file, in their order', async () => {
  const page = await readFile(new URL('../../../../../docs/accounts.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('## Many at once');
  const [, listed = ''] = section.split('hold JSON.');
  const names = (listed.split('A JSON file')[0] ?? '').match(/(?<=`)\w+(?=`)/gu);
  expect(names).toEqual(Object.keys(CSV_COLUMNS));
});
