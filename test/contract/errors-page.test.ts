import { readFileSync } from 'node:fs';
import { ERROR_CATALOGUE } from '@tollgate/core';
import { expect, it } from 'vitest';

/** docs/errors.md and the catalogue name the same codes with the same status and type. */
it('[REQ-2] docs/errors.md lists every error of the catalogue, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\d+) +\| `(\w+)` +\|/gm)];
  const documented = rows.map(([, code, status, type]) => ({ code, status: Number(status), type }));
  const catalogued = Object.entries(ERROR_CATALOGUE).map(([code, { status, type }]) => ({
    code,
    status,
    type,
  }));
  expect(documented).toEqual(catalogued);
});
