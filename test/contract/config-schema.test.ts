import { readFileSync } from 'node:fs';
import { buildConfigJsonSchema } from '@tollgate/api/server';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const published = JSON.parse(read('docs/config.schema.json')) as object;
/** The published text alone, as an editor would read it: nothing of the schemas that it was made from. */
const judge = new Ajv2020({ allErrors: true, validateFormats: false }).compile(published);
const isRight = (yaml: string) => judge(parse(yaml));

const ACCOUNT = 'name: a, platform: anthropic, kind: api-key';
const KEY = 'user: u@example.com, name: k, groups: [g]';

describe('docs/config.schema.json', () => {
  it('[CTL-4] is what the schemas say (npm run docs writes it)', () => {
    expect(published).toEqual(buildConfigJsonSchema());
  });

  it('[CTL-4] takes the example, which names it for editors', () => {
    const example = read('tollgate.example.yaml');
    expect(example).toMatch(/^# yaml-language-server: \$schema=\.\/docs\/config\.schema\.json\n/);
    judge(parse(example));
    expect(judge.errors).toBeNull();
  });

  it.each([
    ['an empty file', '{}'],
    ['a reference to a variable', `accounts: [{ ${ACCOUNT}, credentials: { api_key: { env: UP } } }]`],
    ['one to a file, optional', `keys: [{ ${KEY}, key: { file: k.txt, optional: true } }]`],
    ['no proxy', `accounts: [{ ${ACCOUNT}, proxy: null }]`],
    ['a priority in a group', `accounts: [{ ${ACCOUNT}, groups: [g, { name: h, priority: 3 }] }]`],
    ['what an export says of a key', `keys: [{ ${KEY}, key_hash: ${'a'.repeat(64)}, key_prefix: sk-1… }]`],
    ['a rename', 'groups: [{ name: g, renamed_from: h, platform: openai }]'],
  ])('[CTL-4] takes %s', (_name, yaml) => expect(isRight(yaml)).toBe(true));

  it.each([
    ['an unknown section', 'acounts: []'],
    ['an unknown field', 'groups: [{ name: g, platform: openai, rmp: 1 }]'],
    ['an unknown platform', 'groups: [{ name: g, platform: nobody }]'],
    ['a price that is no text', 'groups: [{ name: g, platform: openai, rate_multiplier: 1.5 }]'],
    ['a key without an owner', 'keys: [{ name: k, groups: [g] }]'],
    ['a reference to nowhere', `keys: [{ ${KEY}, key: { from: UP } }]`],
    ['a reference where no secret is', 'groups: [{ name: { env: UP }, platform: openai }]'],
    ['a short key', `keys: [{ ${KEY}, key: short }]`],
  ])('[CTL-4] refuses %s', (_name, yaml) => expect(isRight(yaml)).toBe(false));
});
