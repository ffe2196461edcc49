#!/usr/bin/env node
// Plain JavaScript that any Node can parse: the program itself is TypeScript, which Node runs from version 24 on.
// Under an older Node this file starts it again with the Node 24 that the project has in node_modules, and gateways
// in any case with the memory that suits them.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/**
 * Each time that the young memory is full, all requests that run are copied. V8's own 16 MiB are full many times a
 * second under load. Only at the start of a process can it be set.
 */
const YOUNG_MEMORY = '--max-semi-space-size=64';
const HOLD_REQUESTS = new Set(['up', 'gateway']);

const flags = selectFlags();
if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) startAgain(findNode());
else if (flags.length > 0) process.execve(process.execPath, [process.execPath, ...flags, ...ownArguments()]);
else await import('../src/main.ts');

/** What Node lacks to run this command: nothing where the operator has chosen for himself. */
function selectFlags() {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  // Elsewhere a process cannot take the place of another.
  const canChange = typeof process.execve === 'function' && process.platform !== 'win32';
  return canChange && HOLD_REQUESTS.has(process.argv[2]) && !given.includes('semi-space-size')
    ? [YOUNG_MEMORY]
    : [];
}

function ownArguments() {
  return [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
}

function findNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    console.error(
      `tollgate: needs Node ${NODE_MAJOR_MIN}, this is ${process.versions.node}; run "npm ci" first`,
    );
    process.exit(1);
  }
}

function startAgain(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A signal to this process is meant for the program; its exit is ours. Ctrl-C in a terminal reaches both by
  // itself: passed on, it would arrive twice, and the second one ends the program without care.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!(process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`tollgate: cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    for (const name of SIGNALS) process.removeAllListeners(name);
    if (signal === null) process.exit(code ?? 1);
    process.kill(process.pid, signal);
  });
}
