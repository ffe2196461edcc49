import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageBinary } from './fixtures/package-binaries.ts';
import { KNOWN_BINARIES } from './known-binaries.ts';
import { patchGlibcSymbols } from './patch-glibc-symbols.ts';
import { writePatchedCopy } from './write-patched-copy.ts';

const binaryPath = packageBinary('uws_linux_x64_137.node');
const expected = patchGlibcSymbols(readFileSync(binaryPath));
let base: string;
let folder: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'uws-copy-'));
  folder = join(base, 'deep', 'cache');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const write = (cacheFolders = [folder]) =>
  writePatchedCopy({ binaryPath, knownBinaries: KNOWN_BINARIES, cacheFolders });

describe('writePatchedCopy', () => {
  it('writes the patched bytes into a private folder', () => {
    const path = write();
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('keeps a copy that is right', () => {
    const { ino } = statSync(write());
    expect(statSync(write()).ino).toBe(ino);
  });

  it.each([
    ['corrupt', (path: string) => writeFileSync(path, Buffer.alloc(expected.length))],
    ['cut short', (path: string) => writeFileSync(path, expected.subarray(0, 1000))],
    ['empty', (path: string) => writeFileSync(path, '')],
  ])('replaces a copy that is %s, by another file', (_, spoil) => {
    const path = write();
    const { ino } = statSync(path);
    spoil(path);
    expect(readFileSync(write()).equals(expected)).toBe(true);
    expect(statSync(path).ino).not.toBe(ino);
  });

  it('replaces a link to somewhere else', () => {
    const path = write();
    rmSync(path);
    symlinkSync(binaryPath, path);
    expect(readFileSync(write()).equals(expected)).toBe(true);
    expect(readFileSync(binaryPath).equals(expected)).toBe(false);
  });

  it('refuses a binary with another SHA-256', () => {
    const other = join(base, 'uws_linux_x64_137.node');
    copyFileSync(binaryPath, other);
    writeFileSync(other, 'x', { flag: 'a' });
    const options = { binaryPath: other, knownBinaries: KNOWN_BINARIES, cacheFolders: [folder] };
    expect(() => writePatchedCopy(options)).toThrow('not a binary that Tollgate knows');
  });

  it('refuses a binary with an unknown name', () => {
    const other = join(base, 'uws_linux_riscv64_137.node');
    copyFileSync(binaryPath, other);
    const options = { binaryPath: other, knownBinaries: KNOWN_BINARIES, cacheFolders: [folder] };
    expect(() => writePatchedCopy(options)).toThrow('not a binary that Tollgate knows');
  });

  it('passes over a folder that others can write, a file, and a link', () => {
    const open = join(base, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const file = join(base, 'file');
    writeFileSync(file, '');
    const link = join(base, 'link');
    symlinkSync(base, link);
    expect(write([open, file, link, folder]).startsWith(folder)).toBe(true);
    expect(readdirSync(open)).toEqual([]);
    expect(() => write([open, file, link])).toThrow(/open to other users.*not a folder/s);
  });

  it('makes one whole copy when several processes do it at once', async () => {
    const script = `
      import { writePatchedCopy } from ${JSON.stringify(new URL('write-patched-copy.ts', import.meta.url).href)};
      const [binaryPath, sums, folder] = process.argv.slice(1);
      for (let round = 0; round < 5; round += 1) {
        writePatchedCopy({ binaryPath, knownBinaries: JSON.parse(sums), cacheFolders: [folder] });
      }`;
    const args = ['--input-type=module', '-e', script, binaryPath, JSON.stringify(KNOWN_BINARIES), folder];
    const processes = Array.from({ length: 3 }, () => spawn(process.execPath, args, { stdio: 'inherit' }));
    const exits = await Promise.all(processes.map((child) => once(child, 'exit')));
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    expect(readFileSync(join(folder, files[0]!)).equals(expected)).toBe(true);
  });
});
