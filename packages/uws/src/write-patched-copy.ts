import { hash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { patchGlibcSymbols } from './patch-glibc-symbols.ts';

export interface PatchedCopyOptions {
  /** The binary of the package. */
  binaryPath: string;
  /** SHA-256 in hex, by file name. */
  knownBinaries: Readonly<Record<string, string>>;
  /** Absolute paths; the first that is, or can be made, a private folder of ours is used. */
  cacheFolders: readonly string[];
}

/**
 * Makes sure that a patched copy of the binary lies in the cache, and gives its path. The copy is compared byte
 * for byte with what patching gives now, and replaced (by rename, so a process that has it mapped keeps its
 * own) when it differs; any number of processes may do this at once.
 * Throws when the binary is unknown, or no folder is usable.
 */
export function writePatchedCopy(options: PatchedCopyOptions): string {
  const patched = patchGlibcSymbols(readKnownBinary(options));
  const folder = selectPrivateFolder(options.cacheFolders);
  const name = basename(options.binaryPath, '.node');
  const path = join(folder, `${name}-${hash('sha256', patched).slice(0, 16)}.node`);
  if (!hasContent(path, patched)) replaceFile(path, patched);
  return path;
}

function readKnownBinary(options: PatchedCopyOptions): Buffer {
  const name = basename(options.binaryPath);
  const bytes = readFileSync(options.binaryPath);
  if (hash('sha256', bytes) !== options.knownBinaries[name]) {
    throw new Error(
      `${name} is not a binary that Tollgate knows (its SHA-256 differs), so it is not patched for an older ` +
        'glibc. Install the pinned version of uWebSockets.js, or run on glibc 2.38 or newer.',
    );
  }
  return bytes;
}

/** Others must not be able to put a library where we load it from. */
function selectPrivateFolder(folders: readonly string[]): string {
  const problems: string[] = [];
  for (const folder of folders) {
    const problem = preparePrivateFolder(folder);
    if (problem === null) return folder;
    problems.push(`${folder}: ${problem}`);
  }
  throw new Error(`No folder for the patched copy of uWebSockets.js is usable. ${problems.join('; ')}`);
}

/** null = the folder is ours alone; else what is wrong with it. */
function preparePrivateFolder(folder: string): string | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory()) return 'not a folder';
    if (found.uid !== process.getuid?.()) return 'owned by another user';
    if ((found.mode & 0o077) !== 0) return 'open to other users (want mode 0700)';
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function hasContent(path: string, expected: Buffer): boolean {
  try {
    return lstatSync(path).isFile() && readFileSync(path).equals(expected);
  } catch {
    return false;
  }
}

function replaceFile(path: string, content: Buffer): void {
  const temporaryPath = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(temporaryPath, content, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(temporaryPath, path);
  } catch (error) {
    rmSync(temporaryPath, { force: true });
    throw error;
  }
}
