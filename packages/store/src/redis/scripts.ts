import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script, ready to be called by its hash. */
export interface Script {
  readonly name: string;
  readonly source: string;
  /** Hex SHA-1 of the source, as EVALSHA wants it. */
  readonly sha: string;
}

const INCLUDE_LINE = /^--- @include "(.+)"$/gm;

/** Reads `lua/<name>.lua` and puts its includes in place. Includes do not include. */
function loadScript(name: string): Script {
  const source = readLua(`${name}.lua`).replace(INCLUDE_LINE, (_line, path: string) => readLua(path));
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

function readLua(path: string): string {
  return readFileSync(new URL(`lua/${path}`, import.meta.url), 'utf8');
}

export const SCRIPTS = {
  runTurn: loadScript('run-turn'),
  listAccountStates: loadScript('list-account-states'),
  clearAccountState: loadScript('clear-account-state'),
  seedWindowCost: loadScript('seed-window-cost'),
  readWindowCosts: loadScript('read-window-costs'),
  countSessions: loadScript('count-sessions'),
  readSession: loadScript('read-session'),
  listSticky: loadScript('list-sticky'),
  clearSticky: loadScript('clear-sticky'),
  listHolders: loadScript('list-holders'),
  dropHolders: loadScript('drop-holders'),
  getSnapshot: loadScript('get-snapshot'),
  putSnapshot: loadScript('put-snapshot'),
  publishInvalidations: loadScript('publish-invalidations'),
  readNumber: loadScript('read-number'),
  registerNode: loadScript('register-node'),
  listNodes: loadScript('list-nodes'),
} as const;
