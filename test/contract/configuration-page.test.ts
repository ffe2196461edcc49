import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderConfigurationPage } from './render-configuration-page.ts';

it('docs/configuration.md is what the schemas say (npm run docs writes it)', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(page).toBe(renderConfigurationPage());
});
