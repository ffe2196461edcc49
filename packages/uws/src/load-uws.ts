import { createRequire } from 'node:module';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type * as uws from 'uWebSockets.js';
import { KNOWN_BINARIES } from './known-binaries.ts';
import { writePatchedCopy } from './write-patched-copy.ts';

/** What the native module gives; the types are the package's own. */
export type Uws = typeof uws;

export interface LoadUwsOptions {
  /** Largest head of a request, request line included. Default 32 KiB. The first load of a process decides. */
  headerBytesMax?: number;
  /** Folders for the patched copy, first usable one wins. Default: the user's cache, then the temp folder. */
  cacheFolders?: readonly string[];
  /** Loads a module by name or absolute path. Default: Node's `require`. */
  requireModule?: (nameOrPath: string) => unknown;
  /** Absolute path of the native binary for this machine and Node. Default: the package's. */
  binaryPath?: string;
  /** The running glibc, e.g. `2.36`; null = another libc (musl). Default: what Node reports. */
  glibcVersion?: string | null;
}

/** uWebSockets.js alone would take 4 KiB, which a few long headers of an agent's client fill. */
const HEADER_BYTES_MAX = 32 * 1024;

const requireFromHere = createRequire(import.meta.url);

/**
 * The uWebSockets.js module. The package's own binary is taken where it loads. It wants glibc 2.38, though only
 * for three functions that older ones have under older names: on glibc 2.36 and 2.37 (Debian 12) a copy with
 * those names is made in a cache folder and loaded instead.
 * Throws an Error that says what to do when neither loads.
 */
export function loadUws(options: LoadUwsOptions = {}): Uws {
  const requireModule = options.requireModule ?? requireFromHere;
  // Its only way in: read by getenv once, while the library is loaded. A worker thread's process.env does not
  // reach getenv, so the main thread must load it first.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(options.headerBytesMax ?? HEADER_BYTES_MAX);
  try {
    return requireModule('uWebSockets.js') as Uws;
  } catch (error) {
    if (!isTooOldGlibc(error)) throw describeFailure(error, options);
  }
  const path = writePatchedCopy({
    binaryPath: options.binaryPath ?? findPackageBinary(),
    knownBinaries: KNOWN_BINARIES,
    cacheFolders: options.cacheFolders ?? defaultCacheFolders(),
  });
  try {
    return requireModule(path) as Uws;
  } catch (error) {
    throw describeFailure(error, options);
  }
}

function isTooOldGlibc(error: unknown): boolean {
  return String(error).includes('GLIBC_2.38');
}

function describeFailure(error: unknown, options: LoadUwsOptions): Error {
  const glibcVersion = options.glibcVersion === undefined ? readGlibcVersion() : options.glibcVersion;
  const libc = glibcVersion === null ? 'another libc (musl?)' : `glibc ${glibcVersion}`;
  const wanted =
    process.platform === 'linux' ? ` It needs glibc 2.36 or newer; this system has ${libc}.` : '';
  return new Error(`uWebSockets.js does not load on Node ${process.version}.${wanted}`, { cause: error });
}

function readGlibcVersion(): string | null {
  // Without this the report asks the DNS for the name of every open socket's peer.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime ?? null;
}

function findPackageBinary(): string {
  const { platform, arch, versions } = process;
  const folder = dirname(requireFromHere.resolve('uWebSockets.js'));
  return join(folder, `uws_${platform}_${arch}_${versions.modules}.node`);
}

/** The temp folder is shared, so the name carries the user. */
function defaultCacheFolders(): string[] {
  return [join(homedir(), '.cache', 'tollgate-uws'), join(tmpdir(), `tollgate-uws-${userInfo().uid}`)];
}
