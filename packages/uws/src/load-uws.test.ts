import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownBinaryName, packageBinary } from './fixtures/package-binaries.ts';
import { type Uws, loadUws } from './load-uws.ts';

const tooOld = new Error("Error: /lib/libc.so.6: version `GLIBC_2.38' not found (required by uws.node)");
const binaryPath = packageBinary(ownBinaryName);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uws-load-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Answers one request on a free port and gives what fetch saw. */
async function serveOnce(uws: Uws): Promise<string> {
  const app = uws.App().any('/*', (response) => void response.end('served'));
  const port = await new Promise<number>((resolve) => {
    app.listen('127.0.0.1', 0, (socket) => resolve(socket === false ? -1 : uws.us_socket_local_port(socket)));
  });
  const text = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  const body = await text.text();
  app.close();
  return body;
}

/** A `require` that fails in the given ways, one after the other. */
function failWith(...errors: Error[]): () => never {
  return () => {
    throw errors.shift() ?? new Error('required too often');
  };
}

describe('loadUws', () => {
  it('takes the package as it is where it loads', () => {
    const loaded: string[] = [];
    const fake = { App: () => ({}) };
    const requireModule = (name: string) => {
      loaded.push(name);
      return fake;
    };
    expect(loadUws({ requireModule, cacheFolders: [folder] })).toBe(fake);
    expect(loaded).toEqual(['uWebSockets.js']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('loads a patched copy that serves when the package wants a newer glibc', async () => {
    const require = createRequire(import.meta.url);
    const loaded: string[] = [];
    const requireModule = (name: string) => {
      loaded.push(name);
      if (name === 'uWebSockets.js') throw tooOld;
      return require(name) as unknown;
    };
    const uws = loadUws({ requireModule, binaryPath, cacheFolders: [folder] });
    expect(await serveOnce(uws)).toBe('served');
    expect(loaded[1]).toBe(join(folder, readdirSync(folder)[0]!));
  });

  it('loads on this machine with no options, twice', async () => {
    expect(await serveOnce(loadUws())).toBe('served');
    expect(await serveOnce(loadUws())).toBe('served');
  });

  it('says which libc is needed on musl, and patches nothing', () => {
    const requireModule = failWith(new Error('Error relocating uws.node: arc4random: symbol not found'));
    const load = () => loadUws({ requireModule, cacheFolders: [folder], glibcVersion: null });
    expect(load).toThrow(/needs glibc 2\.36 or newer; this system has another libc \(musl\?\)/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says which glibc is needed when even the patched copy does not load', () => {
    const requireModule = failWith(tooOld, new Error("version `GLIBC_2.36' not found"));
    const load = () => loadUws({ requireModule, binaryPath, cacheFolders: [folder], glibcVersion: '2.31' });
    expect(load).toThrow(/needs glibc 2\.36 or newer; this system has glibc 2\.31/);
  });

  it('keeps the first cause of a failure that has nothing to do with glibc', () => {
    const cause = new Error('Cannot find module');
    expect(() => loadUws({ requireModule: failWith(cause) })).toThrow(expect.objectContaining({ cause }));
  });
});
