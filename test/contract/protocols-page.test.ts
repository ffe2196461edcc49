import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderProtocolsPage } from './render-protocols-page.ts';

it('docs/protocols.md is what the policy of translation says (npm run docs writes it)', () => {
  const page = readFileSync(new URL('../../docs/protocols.md', import.meta.url), 'utf8');
  expect(page).toBe(renderProtocolsPage());
});
