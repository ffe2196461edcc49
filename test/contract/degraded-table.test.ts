import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { POSTGRES_AWAY, REDIS_AWAY, REDIS_EMPTY } from '../faults/degraded/outages.ts';

interface Row {
  name: string;
  dependency: string;
  failure: string;
}

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
const section = page.split('\n## ').find((part) => part.startsWith('When a dependency fails')) ?? '';
const rows: Row[] = [...section.matchAll(/^\| `([\w-]+)` +\| (\w+) +\| ([^|]+?) +\| [^|]+\| [^|]+\|$/gm)].map(
  ([, name = '', dependency = '', failure = '']) => ({ name, dependency, failure }),
);

const folder = fileURLToPath(new URL('../faults/degraded/', import.meta.url));
const suites = globSync('*.test.ts', { cwd: folder }).map((name) => readFileSync(folder + name, 'utf8'));
/** The rows that titles of tests begin with, among the ids of rules. */
const listTested = (suite: string): string[] =>
  [...suite.matchAll(/'(?:\[[\w-]+\] )+/g)]
    .flatMap(([title]) => title.match(/[\w-]+/g) ?? [])
    .filter((name) => /^(redis|postgres)-/.test(name));

/** What the failures of a row are called in the tests, which do each of them for real. */
const OUTAGES: readonly [prefix: string, list: string, words: readonly string[]][] = [
  ['redis-away', 'REDIS_AWAY', REDIS_AWAY],
  ['redis-open', 'REDIS_AWAY', REDIS_AWAY],
  ['redis-closed', 'REDIS_AWAY', REDIS_AWAY],
  ['redis-empty', 'REDIS_EMPTY', REDIS_EMPTY],
  ['postgres-away', 'POSTGRES_AWAY', POSTGRES_AWAY],
];

describe('[LIM-11] the table of degraded modes in docs/limits.md', () => {
  it('has rows, each under its own name, which begins with the dependency', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { name, dependency } of rows) expect(name.split('-')[0]).toBe(dependency.toLowerCase());
  });

  it('has no line that this test cannot read', () => {
    const lines = section.split('\n').filter((line) => line.startsWith('|'));
    // Without the head and the line below it.
    expect(lines).toHaveLength(rows.length + 2);
  });

  it('is that of the tests: no row without a test, no test of a row that is not there', () => {
    expect(new Set(suites.flatMap(listTested))).toEqual(new Set(rows.map(({ name }) => name)));
  });

  it.each(OUTAGES)(
    'the rows %s… name the failures of %s, and a suite goes through all of them',
    (...outage) => {
      const [prefix, list, words] = outage;
      const concerned = rows.filter(({ name }) => name.startsWith(prefix));
      expect(concerned).not.toEqual([]);
      for (const { name, failure } of concerned) {
        expect([name, failure]).toEqual([name, words.join(', ')]);
        const isIterated = suites.some(
          (suite) => suite.includes(`.each(${list})`) && listTested(suite).includes(name),
        );
        expect([name, isIterated]).toEqual([name, true]);
      }
    },
  );
});
