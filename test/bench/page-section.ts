import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);

/**
 * Replaces one section of docs/benchmarks.md, between its own two markers; what other scripts wrote stays. Throws
 * when the page has no such section.
 */
export function writeSection(name: string, lines: readonly string[]): void {
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, 'utf8'), name, lines.join('\n')));
}

export function replaceSection(page: string, name: string, text: string): string {
  const begin = `<!-- begin ${name}: written by npm run ${name} -- --write -->`;
  const end = `<!-- end ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no section ${name}`);
  return `${page.slice(0, from)}${begin}\n\n${text.trim()}\n\n${page.slice(to)}`;
}

/** What every section begins with. */
export function describeMachine(): string {
  return `${cpus().length} cores, shared by load generator, upstream, Redis, Postgres and the gateways; Node ${process.version}.`;
}
