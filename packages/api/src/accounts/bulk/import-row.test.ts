import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { accountCreateSchema } from '../account-schemas.ts';
import { CSV_COLUMNS } from './import-row.ts';

it('[CTL-3] the page on accounts names the columns of a file, in their order', async () => {
  const page = await readFile(new URL('../../../../../docs/accounts.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('## Many at once');
  const [, listed = ''] = section.split('hold JSON.');
  const names = (listed.split('A JSON file')[0] ?? '').match(/(?<=`)\w+(?=`)/gu);
  expect(names).toEqual(Object.keys(CSV_COLUMNS));
});

it('[CTL-3] whatever an account may be made with has a column, so that no export loses a setting in silence', () => {
  const inColumns = new Set(Object.values(CSV_COLUMNS).map(({ field }) => field.split('.')[0]));
  // A named proxy is exported as the URL that it stands for.
  const wanted = Object.keys(accountCreateSchema.shape).filter((field) => field !== 'proxyId');
  expect(wanted.filter((field) => !inColumns.has(field))).toEqual([]);
});
