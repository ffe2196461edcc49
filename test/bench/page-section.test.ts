import { expect, it } from 'vitest';
import { replaceSection } from './page-section.ts';

const begin = (name: string) => `<!-- begin ${name}: written by npm run ${name} -- --write -->`;
const PAGE = `# Page\n\n${begin('bench')}\n\nold\n\n<!-- end bench -->\n\n## Next\n\n${begin('bench:b')}\n<!-- end bench:b -->\n`;

it('replaces one section and leaves the rest alone, again and again', () => {
  const once = replaceSection(PAGE, 'bench', 'new\n');
  expect(once).toBe(PAGE.replace('old', 'new'));
  expect(replaceSection(once, 'bench', 'new')).toBe(once);
  expect(replaceSection(once, 'bench:b', 'more')).toContain('new');
});

it('refuses a page without the section', () => {
  expect(() => replaceSection(PAGE, 'elsewhere', '')).toThrow('no section elsewhere');
});
