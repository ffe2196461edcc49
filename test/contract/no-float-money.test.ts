import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Where amounts and prices are reckoned. A file that handles money belongs here. */
const MONEY_FILES = [
  'packages/core/src/money.ts',
  'packages/pricing/src/**/*.ts',
  'packages/db/src/book-*.ts',
  'packages/db/src/load-prices.ts',
  'packages/db/src/sum-window-cost.ts',
  'packages/api/src/balances/**/*.ts',
  'packages/api/src/prices/**/*.ts',
  'apps/gateway/src/read-multiplier.ts',
];
/** Each makes a float of a figure, or works on one. A ratio or a mean of counts has no place in these files. */
const FLOAT_CODE =
  /\bparseFloat\b|\bNumber\(|\bNumber\.parseFloat\b|\.toFixed\(|\bMath\.|[^\w'"]\d+\.\d+\s*[*/]|\*\s*\d+\.\d/;
const FLOAT_SQL = /::\s*(?:float|real|double)|\bdouble precision\b|\bfloat[48]?\b|\breal\b/i;
const FLOAT_COLUMN = /numeric\([^)]*mode:|\b(?:real|doublePrecision)\(/;

function listFiles(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT }).filter((file) => !/\.test\.ts$|\/testing\//.test(file)),
  );
}

/** Without comments and texts for people. */
function readCode(file: string): string {
  return readFileSync(ROOT + file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$|^\s*--.*$/gm, '');
}

const listWith = (files: readonly string[], pattern: RegExp) =>
  files.filter((file) => pattern.test(readCode(file)));

describe('money', () => {
  it('[MON-1] no file that reckons with it makes a float', () => {
    const files = listFiles(MONEY_FILES);
    expect(files.length).toBeGreaterThan(50);
    expect(MONEY_FILES.filter((pattern) => listFiles([pattern]).length === 0)).toEqual([]);
    expect(listWith(files, FLOAT_CODE)).toEqual([]);
    expect(
      listWith(listFiles(['packages/db/src/book-*.ts', 'packages/api/src/prices/**/*.ts']), FLOAT_SQL),
    ).toEqual([]);
  });

  it('[MON-1] no column holds a float, and no numeric column is read as one', () => {
    expect(listWith(listFiles(['packages/db/src/schema/*.ts']), FLOAT_COLUMN)).toEqual([]);
    expect(listWith(listFiles(['packages/db/src/migrations/*.sql']), FLOAT_SQL)).toEqual([]);
  });

  it.each([
    [FLOAT_CODE, 'const cost = parseFloat(text)'],
    [FLOAT_CODE, 'Number(row.cost) + 1'],
    [FLOAT_CODE, 'total = tokens * 0.000003'],
    [FLOAT_CODE, '(0.5 * price)'],
    [FLOAT_CODE, 'cost.toFixed(2)'],
    [FLOAT_CODE, 'Math.round(cost)'],
    [FLOAT_SQL, 'sum(actual_cost)::float8'],
    [FLOAT_SQL, '"cost" double precision'],
    [FLOAT_COLUMN, "cost: numeric('cost', { precision: 30, scale: 12, mode: 'number' })"],
    [FLOAT_COLUMN, "cost: doublePrecision('cost')"],
  ])('%s finds %s', (pattern, code) => {
    expect(pattern.test(code)).toBe(true);
  });

  it.each([
    [FLOAT_CODE, 'Number.isSafeInteger(count)'],
    [FLOAT_CODE, 'new JsonNumber(source)'],
    [FLOAT_CODE, "row('0.10', '0.125')"],
    [FLOAT_COLUMN, "cost: numeric('cost', { precision: 30, scale: 12 })"],
  ])('%s leaves %s alone', (pattern, code) => {
    expect(pattern.test(code)).toBe(false);
  });
});
