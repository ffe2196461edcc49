import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DataDirLockedError, lockDataDir } from './lock-data-dir.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('holds the folder until it is given back', () => {
  const unlock = lockDataDir(folder);
  expect(() => lockDataDir(folder)).toThrow(DataDirLockedError);
  unlock();
  expect(readdirSync(folder)).toEqual([]);
  lockDataDir(folder)();
});

it.each(['999999999 x:1', `${process.pid} another boot:1`, '-1 x', '', 'garbage'])(
  'takes over the lock of a process that is gone: %j',
  (lock) => {
    writeFileSync(join(folder, 'lock'), lock);
    const unlock = lockDataDir(folder);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toContain(`${process.pid} `);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  },
);

it('gives way to another process that takes the folder over at this moment', () => {
  writeFileSync(join(folder, 'lock'), 'garbage');
  writeFileSync(join(folder, 'lock.takeover'), '');
  expect(() => lockDataDir(folder)).toThrow(/being opened by another process/);
});

it('does not remove a lock that is no longer its own', () => {
  const unlock = lockDataDir(folder);
  writeFileSync(join(folder, 'lock'), 'of another');
  unlock();
  expect(existsSync(join(folder, 'lock'))).toBe(true);
});
