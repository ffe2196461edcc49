import { createRequire, registerHooks } from 'node:module';
import { basename } from 'node:path';
import type postgres from 'postgres';

/**
 * postgres.js 3.4.9 with three known faults mended while it is loaded (its issues 1133, 1208 and 1216; the
 * mends are those that its open pull requests 1209, 1155 and 1215 propose):
 * - a connection that dies in a transaction crashes the process: the driver's own ROLLBACK writes to a socket
 *   that is null, in a timer, where nobody can catch it;
 * - what was not written yet when it died stays in the way: the connection never comes back (CONNECT_TIMEOUT);
 * - statements of the dead transaction that come later run on the connection's successor, outside of it.
 * And its queries are not kept in the old generation, with all that they carry, until the next full collection
 * (docs/decisions/0029).
 * Remove this file, and import `postgres` instead, when a version has them: its test says what must hold.
 * The CommonJS build is mended, so that nothing else in the process shares it.
 */
const MENDS: Readonly<Record<string, readonly (readonly [find: string, replace: string])[]>> = {
  'connection.js': [
    [
      '    const x = socket.write(chunk, fn)\n',
      `    if (socket === null) {
      clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      query = null
      return false
    }
    const x = socket.write(chunk, fn)\n`,
    ],
    [
      '    incomings = null\n    clearImmediate(nextWriteTimer)\n',
      '    incomings = null\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = errorResponse = null\n',
    ],
    [
      "    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
      `    if (query || sent.length) error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = results = null
    result = new Result()\n`,
    ],
  ],
  'query.js': [
    [
      '    this.resolve = x => (this.active = false, resolve(x))\n    this.reject = x => (this.active = false, reject(x))\n',
      `    const settle = x => (this.active = false, resolve(x))
    const fail = x => (this.active = false, reject(x))
    this.resolve = settle
    this.reject = fail\n`,
    ],
  ],
  'index.js': [
    ['    let savepoints = 0\n', '    let lost = null\n    let savepoints = 0\n'],
    [
      '        new Promise((_, reject) => connection.onclose = reject)\n',
      `        new Promise((_, reject) => connection.onclose = error => {
          lost = error
          while (queries.length) queries.shift().reject(error)
          reject(error)
        })\n`,
    ],
    [
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n',
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost) return q.reject(lost)\n',
    ],
  ],
};

/** The driver's factory. Throws when the installed driver is not the one that the mends were made for. */
export function loadPostgresDriver(): typeof postgres {
  const require = createRequire(import.meta.url);
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const mends = url.includes('/postgres/cjs/src/') ? MENDS[basename(url)] : undefined;
      if (!mends) return loaded;
      return { ...loaded, source: mendSource(basename(url), String(loaded.source), mends) };
    },
  });
  try {
    return require('postgres') as typeof postgres;
  } finally {
    hooks.deregister();
  }
}

function mendSource(
  file: string,
  source: string,
  mends: readonly (readonly [find: string, replace: string])[],
): string {
  return mends.reduce((text, [find, replace]) => {
    if (text.split(find).length !== 2) {
      throw new Error(`postgres.js is not the version that load-postgres-driver.ts mends: see ${file}`);
    }
    return text.replace(find, () => replace);
  }, source);
}
