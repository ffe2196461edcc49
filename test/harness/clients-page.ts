import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/clients.md', import.meta.url);
const EXAMPLE_ADDRESS = 'http://127.0.0.1:8787';
const EXAMPLE_KEY = 'sk-local-0123456789abcdef';

/** A gateway without a trailing slash, and a key of it. */
export interface ClientSite {
  gateway: string;
  key: string;
}

/** What docs/clients.md tells a user to set. */
export interface ClientSetup {
  env: Record<string, string>;
  /** Contents of configuration files, by the language of their block. */
  files: Partial<Record<'toml' | 'json', string>>;
}

/** The blocks of one section, with the site in place of the examples. Throws without the section. */
export function readClientSetup(section: string, site: ClientSite): ClientSetup {
  const text = readSection(section);
  const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gmu)].map(([, language = '', block = '']) => ({
    language,
    text: fillIn(block, site),
  }));
  const find = (language: string) => blocks.find((block) => block.language === language)?.text;
  const lines = [...(find('sh') ?? '').matchAll(/^export (\w+)=(\S+)$/gmu)];
  const [toml, json] = [find('toml'), find('json')];
  return {
    env: Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value])),
    files: { ...(toml !== undefined && { toml }), ...(json !== undefined && { json }) },
  };
}

/** The base URL of an SDK, by its package's name in the table. */
export function readBaseUrl(sdk: string, site: ClientSite): string {
  const row = readSection('SDKs')
    .split('\n')
    .find((line) => line.startsWith(`| \`${sdk}\``));
  const url = /`(http[^`]*)`/u.exec(row ?? '')?.[1];
  if (url === undefined) throw new Error(`docs/clients.md has no base URL of ${sdk}`);
  return fillIn(url, site);
}

function readSection(title: string): string {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /mu);
  const found = sections.find((section) => section.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`docs/clients.md has no section ${title}`);
  return found;
}

function fillIn(text: string, { gateway, key }: ClientSite): string {
  return text.replaceAll(EXAMPLE_ADDRESS, gateway).replaceAll(EXAMPLE_KEY, key);
}
