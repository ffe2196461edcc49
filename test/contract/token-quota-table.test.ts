import { readFileSync } from 'node:fs';
import { QUOTA_STATES, QUOTA_TRANSITIONS } from '@tollgate/accounts';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
const section = page.split('\n## ').find((part) => part.startsWith('Token quota guard')) ?? '';

/** docs/limits.md shows the guard's table as the code has it, row by row and in its order. */
it('[LIM-10] docs/limits.md shows the transitions of the token quota guard', () => {
  const rows = [...section.matchAll(/^\| `([\w-]+)` +\| `([\w-]+)` +\| `([\w-]+)` +\| ([^|]*?) +\|$/gm)];
  const documented = rows.map(([, from, on, to, effects = '']) => ({
    from,
    on,
    to,
    effects: [...effects.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  }));
  expect(documented).toEqual(QUOTA_TRANSITIONS);
});

it('[LIM-10] docs/limits.md explains every state of the token quota guard', () => {
  const explained = [...section.matchAll(/^\| `(\w+)` +\| [^|`]+\|$/gm)].map(([, name]) => name);
  expect(explained).toEqual([...QUOTA_STATES]);
});
