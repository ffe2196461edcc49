/** The section types that symbol versions are made of; values from elf.h. */
const SECTION_STRING_TABLE = 3;
const SECTION_DYNAMIC_SYMBOLS = 11;
const SECTION_VERSION_NEEDS = 0x6ffffffe;
const SECTION_VERSION_INDEXES = 0x6fffffff;

const ELF64_LITTLE_ENDIAN = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const FILE_HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;

/** One section of the file; offsets and sizes in bytes. */
export interface ElfSection {
  type: number;
  offset: number;
  sizeBytes: number;
  /** Index of the section that this one refers to, e.g. the string table of a symbol table. */
  link: number;
  /** Number of entries, where the type says so. */
  info: number;
}

/** The parts of an ELF64 file that say which version of which symbol it wants. */
export interface ElfDynamicLinking {
  /** e_machine: 62 = x86-64, 183 = aarch64. */
  machine: number;
  dynamicSymbols: ElfSection;
  dynamicStrings: ElfSection;
  versionIndexes: ElfSection;
  versionNeeds: ElfSection;
}

/**
 * Finds the dynamic linking sections of a little-endian ELF64 shared object.
 * Throws on anything else, also on section headers that point outside the file.
 */
export function parseElf(file: Buffer): ElfDynamicLinking {
  if (file.length < FILE_HEADER_BYTES || !file.subarray(0, 6).equals(ELF64_LITTLE_ENDIAN)) {
    throw new Error('Not a little-endian ELF64 file.');
  }
  const sections = parseSections(file);
  const dynamicSymbols = findSection(sections, SECTION_DYNAMIC_SYMBOLS);
  const dynamicStrings = sections[dynamicSymbols.link];
  if (dynamicStrings?.type !== SECTION_STRING_TABLE) throw new Error('The ELF file has no dynamic strings.');
  return {
    machine: file.readUInt16LE(0x12),
    dynamicSymbols,
    dynamicStrings,
    versionIndexes: findSection(sections, SECTION_VERSION_INDEXES),
    versionNeeds: findSection(sections, SECTION_VERSION_NEEDS),
  };
}

/** The NUL-terminated string at `offset` of a string table. */
export function readElfString(file: Buffer, strings: ElfSection, offset: number): string {
  const start = strings.offset + offset;
  const end = file.indexOf(0, start);
  if (end < 0 || end >= strings.offset + strings.sizeBytes) throw new Error('A name ends outside its table.');
  return file.toString('latin1', start, end);
}

function parseSections(file: Buffer): ElfSection[] {
  const tableOffset = Number(file.readBigUInt64LE(0x28));
  const count = file.readUInt16LE(0x3c);
  if (file.readUInt16LE(0x3a) !== SECTION_HEADER_BYTES) throw new Error('Odd ELF section headers.');
  if (tableOffset + count * SECTION_HEADER_BYTES > file.length) throw new Error('The ELF file is cut short.');
  return Array.from({ length: count }, (_, index) =>
    parseSection(file, tableOffset + index * SECTION_HEADER_BYTES),
  );
}

function parseSection(file: Buffer, at: number): ElfSection {
  return {
    type: file.readUInt32LE(at + 4),
    offset: Number(file.readBigUInt64LE(at + 24)),
    sizeBytes: Number(file.readBigUInt64LE(at + 32)),
    link: file.readUInt32LE(at + 40),
    info: file.readUInt32LE(at + 44),
  };
}

function findSection(sections: readonly ElfSection[], type: number): ElfSection {
  const found = sections.find((section) => section.type === type);
  if (found === undefined) throw new Error(`The ELF file has no section of type 0x${type.toString(16)}.`);
  return found;
}
