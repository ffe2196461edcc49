import { type ElfDynamicLinking, parseElf, readElfString } from './parse-elf.ts';

/**
 * glibc 2.38 gave strtol, strtoul and sscanf C23 twins (they also read `0b…` numbers), and headers of 2.38 make
 * a compiler use them. uWebSockets.js needs nothing else of 2.38.
 */
const TWIN_PREFIX = '__isoc23_';
const TWIN_VERSION = 'GLIBC_2.38';

/** The first glibc of each machine: the version under which the old names are found. */
const BASE_VERSIONS: Readonly<Record<number, string>> = { 62: 'GLIBC_2.2.5', 183: 'GLIBC_2.17' };

const SYMBOL_BYTES = 24;

/** One wanted version of a library: `vna_*` of elf.h. `at` is its offset in the file. */
interface WantedVersion {
  at: number;
  name: string;
  index: number;
}

/**
 * A copy of `file` (an ELF64 shared object) that runs on glibc before 2.38: its C23 twins become the plain
 * functions of the machine's first glibc. Only symbol tables change, never code. A file without such symbols
 * comes back unchanged, so the function may be applied twice. Throws when other symbols need 2.38 too.
 */
export function patchGlibcSymbols(file: Buffer): Buffer {
  const patched = Buffer.from(file);
  const elf = parseElf(patched);
  const wanted = parseWantedVersions(patched, elf);
  const twin = wanted.find((version) => version.name === TWIN_VERSION);
  if (twin === undefined) return patched;
  const base = findBaseVersion(elf, wanted);
  retargetSymbols(patched, elf, twin.index, base.index);
  // The entry must stay, as entries are linked by distance: let it ask for the base version once more.
  patched.copyWithin(twin.at, base.at, base.at + 4); // vna_hash
  patched.copyWithin(twin.at + 8, base.at + 8, base.at + 12); // vna_name
  return patched;
}

function findBaseVersion(elf: ElfDynamicLinking, wanted: readonly WantedVersion[]): WantedVersion {
  const name = BASE_VERSIONS[elf.machine];
  const base = wanted.find((version) => version.name === name);
  if (base === undefined) throw new Error(`No base version of libc is known for ELF machine ${elf.machine}.`);
  return base;
}

/** The versions wanted of libc.so.6, and of no other library: libm has entries with the same names. */
function parseWantedVersions(file: Buffer, elf: ElfDynamicLinking): WantedVersion[] {
  const wanted: WantedVersion[] = [];
  let need = elf.versionNeeds.offset;
  for (let left = elf.versionNeeds.info; left > 0; left -= 1) {
    const library = readElfString(file, elf.dynamicStrings, file.readUInt32LE(need + 4));
    if (library === 'libc.so.6') wanted.push(...parseVersionsOfLibrary(file, elf, need));
    need += file.readUInt32LE(need + 12);
  }
  return wanted;
}

function parseVersionsOfLibrary(file: Buffer, elf: ElfDynamicLinking, need: number): WantedVersion[] {
  const versions: WantedVersion[] = [];
  let at = need + file.readUInt32LE(need + 8);
  for (let left = file.readUInt16LE(need + 2); left > 0; left -= 1) {
    const name = readElfString(file, elf.dynamicStrings, file.readUInt32LE(at + 8));
    versions.push({ at, name, index: file.readUInt16LE(at + 6) });
    at += file.readUInt32LE(at + 12);
  }
  return versions;
}

function retargetSymbols(file: Buffer, elf: ElfDynamicLinking, twinIndex: number, baseIndex: number): void {
  const count = elf.dynamicSymbols.sizeBytes / SYMBOL_BYTES;
  for (let index = 0; index < count; index += 1) {
    const versionAt = elf.versionIndexes.offset + index * 2;
    if (file.readUInt16LE(versionAt) !== twinIndex) continue;
    const symbolAt = elf.dynamicSymbols.offset + index * SYMBOL_BYTES;
    const nameOffset = file.readUInt32LE(symbolAt);
    const name = readElfString(file, elf.dynamicStrings, nameOffset);
    if (!name.startsWith(TWIN_PREFIX)) throw new Error(`The symbol ${name} needs ${TWIN_VERSION}.`);
    // `__isoc23_strtol` ends with `strtol`: the string table can stay as it is.
    file.writeUInt32LE(nameOffset + TWIN_PREFIX.length, symbolAt);
    file.writeUInt16LE(baseIndex, versionAt);
  }
}
