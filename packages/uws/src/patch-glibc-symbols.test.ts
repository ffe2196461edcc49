import { readFileSync } from 'node:fs';
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { packageBinary } from './fixtures/package-binaries.ts';
import { KNOWN_BINARIES } from './known-binaries.ts';
import { type ElfDynamicLinking, parseElf, readElfString } from './parse-elf.ts';
import { patchGlibcSymbols } from './patch-glibc-symbols.ts';

const names = Object.keys(KNOWN_BINARIES);

function symbolNames(file: Buffer, elf: ElfDynamicLinking): string[] {
  const count = elf.dynamicSymbols.sizeBytes / 24;
  return Array.from({ length: count }, (_, index) =>
    readElfString(file, elf.dynamicStrings, file.readUInt32LE(elf.dynamicSymbols.offset + index * 24)),
  );
}

function changedOffsets(before: Buffer, after: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < before.length; at += 1) if (before[at] !== after[at]) offsets.push(at);
  return offsets;
}

describe('patchGlibcSymbols', () => {
  it.each(names)('leaves no C23 twin in %s, and nothing else of another name', (name) => {
    const file = readFileSync(packageBinary(name));
    const patched = patchGlibcSymbols(file);
    const elf = parseElf(file);
    const before = symbolNames(file, elf);
    expect(before.some((symbol) => symbol.startsWith('__isoc23_'))).toBe(true);
    expect(symbolNames(patched, elf)).toEqual(before.map((symbol) => symbol.replace('__isoc23_', '')));
  });

  it.each(names)('changes only a few bytes of %s, all in symbol tables', (name) => {
    const file = readFileSync(packageBinary(name));
    const patched = patchGlibcSymbols(file);
    const { dynamicSymbols, versionIndexes, versionNeeds } = parseElf(file);
    const changed = changedOffsets(file, patched);
    const tables = [dynamicSymbols, versionIndexes, { ...versionNeeds, sizeBytes: 1024 }];
    expect(patched).toHaveLength(file.length);
    expect(changed.length).toBeLessThanOrEqual(3 * (4 + 2) + 8);
    for (const at of changed) {
      expect(tables.some((table) => at >= table.offset && at < table.offset + table.sizeBytes)).toBe(true);
    }
  });

  it('gives the same bytes each time, and leaves its input alone', () => {
    const file = readFileSync(packageBinary(names[0]!));
    const sum = hash('sha256', file);
    expect(patchGlibcSymbols(file).equals(patchGlibcSymbols(file))).toBe(true);
    expect(hash('sha256', file)).toBe(sum);
  });

  it('changes nothing the second time', () => {
    const once = patchGlibcSymbols(readFileSync(packageBinary(names[0]!)));
    expect(patchGlibcSymbols(once).equals(once)).toBe(true);
  });

  it('refuses a file in which another symbol needs glibc 2.38', () => {
    const file = readFileSync(packageBinary('uws_linux_x64_137.node'));
    const { dynamicStrings } = parseElf(file);
    const at = file.indexOf('__isoc23_strtoul\0', dynamicStrings.offset, 'latin1');
    file.write('__strlcpy', at, 'latin1');
    expect(() => patchGlibcSymbols(file)).toThrow('needs GLIBC_2.38');
  });
});
