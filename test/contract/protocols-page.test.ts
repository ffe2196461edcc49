import { readFileSync } from 'node:fs';
import { buildStreamOnlyEdits } from '@tollgate/protocol';
import { expect, it } from 'vitest';
import { renderProtocolsPage } from './render-protocols-page.ts';

it('docs/protocols.md is what the policy of translation says (npm run docs writes it)', () => {
  const page = readFileSync(new URL('../../docs/protocols.md', import.meta.url), 'utf8');
  expect(page).toBe(renderProtocolsPage());
});

it.each(['dropped', 'refused'])(
  '[API-3] what hosts that only stream do not take, %s, is what the page says',
  (handling) => {
    const row = renderProtocolsPage()
      .split('\n')
      .find((line) => line.startsWith('| `') && line.includes(`| **${handling}**`));
    const fields = [...(row ?? '').matchAll(/`(\w+)`/gu)].map(([, field = '']) => field);
    const body = Buffer.from(
      JSON.stringify({ model: 'm', ...Object.fromEntries(fields.map((field) => [field, 'x'])) }),
    );
    const { dropped, refused } = buildStreamOnlyEdits(body);
    expect(handling === 'dropped' ? dropped : [refused]).toEqual(
      handling === 'dropped' ? fields : fields.slice(0, 1),
    );
    expect(fields.length).toBeGreaterThan(1);
  },
);
