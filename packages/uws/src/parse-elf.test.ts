import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageBinary } from './fixtures/package-binaries.ts';
import { parseElf, readElfString } from './parse-elf.ts';

describe('parseElf', () => {
  it.each([
    ['uws_linux_x64_137.node', 62],
    ['uws_linux_arm64_137.node', 183],
  ])('finds the dynamic linking sections of %s', (name, machine) => {
    const file = readFileSync(packageBinary(name));
    const elf = parseElf(file);
    expect(elf.machine).toBe(machine);
    expect(elf.versionIndexes.sizeBytes / 2).toBe(elf.dynamicSymbols.sizeBytes / 24);
    expect(elf.versionNeeds.info).toBe(3);
    expect(readElfString(file, elf.dynamicStrings, 0)).toBe('');
  });

  it('refuses a file that is not ELF64', () => {
    expect(() => parseElf(Buffer.alloc(4096))).toThrow('Not a little-endian ELF64 file');
    expect(() => parseElf(Buffer.from('\x7fELF'))).toThrow('Not a little-endian ELF64 file');
    expect(() => parseElf(readFileSync(packageBinary('uws_darwin_x64_137.node')))).toThrow('Not a');
  });

  it('refuses a file that is cut short', () => {
    const file = readFileSync(packageBinary('uws_linux_x64_137.node'));
    expect(() => parseElf(file.subarray(0, 100_000))).toThrow('cut short');
  });

  it('refuses a name that runs out of its table', () => {
    const file = Buffer.from('abc');
    const table = { type: 3, offset: 0, sizeBytes: 3, link: 0, info: 0 };
    expect(() => readElfString(file, table, 1)).toThrow('outside its table');
  });
});
