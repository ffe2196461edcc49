import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SimulatedToolCall } from '@tollgate/testkit';
import { readClientSetup, type ClientSite } from './clients-page.ts';
import type { CliPackage } from './install-cli.ts';
import { CODE_MODE_MODEL } from './platform-site.ts';

const runFile = promisify(execFile);
const RUN_MS_MAX = 90_000;

/** A coding agent, in its mode without a terminal. */
export interface OfficialCli {
  title: string;
  package: CliPackage;
  /** The section of docs/clients.md that it is set up by. */
  section: string;
  protocol: 'messages' | 'responses' | 'gemini';
  /** Of the name that it sends as its user agent. */
  userAgent: RegExp;
  buildArguments(model: string, question: string): string[];
  /** Where its configuration file goes, under the home folder. */
  files: { language: 'toml' | 'json'; path: string }[];
  /** Further settings that a test needs: no telemetry, no updates. */
  env: Record<string, string>;
  /** The model that it asks for; null = any that the platform has. */
  model: string | null;
  /** How the model reads a file with its tools. */
  readFile(path: string): SimulatedToolCall;
}

const CLAUDE_CODE: OfficialCli = {
  title: 'Claude Code',
  package: { name: '@anthropic-ai/claude-code', version: '2.1.329', program: 'claude' },
  section: 'Claude Code',
  protocol: 'messages',
  userAgent: /^claude-cli\/2\.1\.329 /u,
  buildArguments: (model, question) => ['-p', question, '--model', model, '--allowedTools', 'Read'],
  files: [],
  model: null,
  env: { DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
  readFile: (path) => ({ name: 'Read', input: { file_path: path } }),
};

const CODEX: OfficialCli = {
  title: 'Codex',
  package: { name: '@openai/codex', version: '0.169.0', program: 'codex' },
  section: 'Codex',
  protocol: 'responses',
  userAgent: /^codex_exec\/0\.169\.0 /u,
  // Its own sandbox needs rights that a container may not have; the folder is a throw-away.
  buildArguments: (model, question) => [
    ...['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'],
    ...['--model', model, question],
  ],
  files: [{ language: 'toml', path: '.codex/config.toml' }],
  env: {},
  model: null,
  readFile: (path) => ({ name: 'exec_command', input: { cmd: `cat '${path}'`, login: false } }),
};

const CODEX_BUILT_IN: OfficialCli = {
  ...CODEX,
  title: 'Codex, its built-in provider',
  section: 'Codex with its built-in provider',
};

/** With a model that it knows, it writes programs: one freeform tool, in an item of the input instead of `tools`. */
const CODEX_CODE_MODE: OfficialCli = {
  ...CODEX,
  title: 'Codex, code mode',
  model: CODE_MODE_MODEL,
  // What it notifies of is a second output of the same call.
  readFile: (path) => ({
    name: 'exec',
    input: `notify('half-way'); text(await tools.exec_command({ cmd: "cat '${path}'" }))`,
  }),
};

const GEMINI_CLI: OfficialCli = {
  title: 'Gemini CLI',
  package: { name: '@google/gemini-cli', version: '0.61.0', program: 'gemini' },
  section: 'Gemini CLI',
  protocol: 'gemini',
  userAgent: /^GeminiCLI-tui\/0\.61\.0\//u,
  buildArguments: (model, question) => ['--model', model, '--yolo', '--skip-trust', '--prompt', question],
  files: [{ language: 'json', path: '.gemini/settings.json' }],
  env: { GEMINI_TELEMETRY_ENABLED: 'false' },
  model: null,
  readFile: (path) => ({ name: 'read_file', input: { file_path: path } }),
};

export const OFFICIAL_CLIS: readonly OfficialCli[] = [
  CLAUDE_CODE,
  CODEX,
  CODEX_BUILT_IN,
  CODEX_CODE_MODE,
  GEMINI_CLI,
];

/** Asks one question in an empty home folder, set up as docs/clients.md says. stdout; rejects on another exit code than 0. */
export async function runCli(
  cli: OfficialCli,
  program: string,
  { home, site, model, question }: { home: string; site: ClientSite; model: string; question: string },
): Promise<string> {
  const setup = readClientSetup(cli.section, site);
  for (const { language, path } of cli.files) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), setup.files[language] ?? '');
  }
  const run = runFile(program, cli.buildArguments(model, question), {
    cwd: home,
    timeout: RUN_MS_MAX,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ...NO_INTERNET, ...cli.env, ...setup.env },
  });
  run.child.stdin?.end();
  return (await run).stdout;
}

/** Whatever they would ask of the rest of the world goes to a port that nobody listens on. */
const NO_INTERNET = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
};
