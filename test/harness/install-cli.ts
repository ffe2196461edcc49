import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

export interface CliPackage {
  /** On npm. */
  name: string;
  /** Exact: the oracle must not change under the tests. */
  version: string;
  program: string;
}

/**
 * The path of an official CLI. They are large (Claude Code 360 MB), so they are no dependencies: installed on demand and
 * kept in the temp folder. An installation that is cut off leaves nothing behind that a later run would take for whole.
 */
export async function installCli({ name, version, program }: CliPackage): Promise<string> {
  const folder = join(tmpdir(), `tollgate-${name.replaceAll(/[@/]+/gu, '-').replace(/^-/u, '')}-${version}`);
  const path = join(folder, 'node_modules', '.bin', program);
  if (existsSync(path)) return path;
  mkdirSync(tmpdir(), { recursive: true });
  const fresh = mkdtempSync(`${folder}-`);
  const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  await runFile('npm', ['install', '--prefix', fresh, ...options, `${name}@${version}`], { cwd: fresh });
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Somebody else was first, and theirs is as good.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
  }
  return path;
}
