import { describe, expect, it } from 'vitest';
import { ProblemError } from '../problems/problem.ts';
import { buildConfigJsonSchema } from './config-schema.ts';
import { parseConfig } from './parse-config.ts';

const GOOD = `
groups:
  - { name: main, platform: anthropic, rate_multiplier: "1.0", rpm: 0 }
accounts:
  - { name: up, platform: anthropic, kind: api-key, base_url: https://up.example.com, credentials: { api_key: sk-up }, concurrency: 20, priority: 50, groups: [main] }
users:
  - { email: U@Example.com, balance: "10.00", concurrency: 50, rpm: 0 }
keys:
  - { user: u@example.com, name: k1, groups: [main], key: sk-test-0123456789abcdef }
`;

function listProblems(text: string): string[] {
  try {
    parseConfig(text);
    return [];
  } catch (fault) {
    if (fault instanceof ProblemError) return fault.message.split('\n');
    throw fault;
  }
}

describe('parseConfig', () => {
  it('[CTL-4] reads the file, e-mails in lower case', () => {
    const config = parseConfig(GOOD);
    expect(config.users[0]?.email).toBe('u@example.com');
    expect(config.groups[0]).toEqual({
      name: 'main',
      platform: 'anthropic',
      rate_multiplier: '1.0',
      rpm: 0,
    });
  });

  it('[CTL-4] sections may be missing or empty', () => {
    expect(parseConfig('groups:\nkeys: []')).toEqual({
      groups: [],
      accounts: [],
      users: [],
      keys: [],
      rpm_overrides: [],
    });
    expect(parseConfig('{}')).toEqual({ groups: [], accounts: [], users: [], keys: [], rpm_overrides: [] });
  });

  it('[CTL-4] names every problem at once, by its path', () => {
    const bad = `
acounts: []
groups:
  - { name: main, platform: anthropic, rate_multiplier: 1.5 }
  - { name: main, platform: gemini }
  - { name: slow, platform: openai, deadlines: { idle: 5 } }
accounts:
  - { name: up, platform: openai, kind: api-key, pritority: 5, credentials: { api_key: x }, groups: [main] }
  - { name: up2, platform: openai, kind: api-key, credentials: { access_token: x }, groups: [main, nowhere] }
users:
  - { email: nobody, balance: -1 }
keys:
  - { user: ghost@example.com, name: k, groups: [lost], key: sk-test-0123456789abcdef }
  - { user: ghost@example.com, name: k2, groups: [], key: short }
  - just text
`;
    expect(listProblems(bad).toSorted()).toEqual(
      [
        'acounts: unknown field',
        'groups[0].rate_multiplier: expected a decimal number in quotes, e.g. "1.5"',
        'groups[2].deadlines.idle: unknown field',
        'accounts[0].pritority: unknown field',
        'accounts[1].credentials.access_token: not used by an account of kind api-key',
        'accounts[1].credentials.api_key: required for an account of kind api-key',
        'accounts[1].groups[0]: group main is of platform gemini, the account of openai',
        'accounts[1].groups[1]: no such group: nowhere',
        'users[0].balance: expected a decimal number in quotes, e.g. "1.5"',
        'users[0].email: not an e-mail address',
        'keys[0].groups[0]: no such group: lost',
        'keys[0].user: no such user: ghost@example.com',
        'keys[1].groups: a key needs a group',
        'keys[1].key: expected at least 16 characters of A-Z a-z 0-9 _ -',
        'keys[2]: expected object, received string',
      ].toSorted(),
    );
  });

  it('[CTL-4] names duplicates, without showing keys', () => {
    const twice = `${GOOD}
  - { user: U@example.com, name: k1, groups: [main], key: sk-test-0123456789abcdef }`;
    expect(listProblems(twice)).toEqual([
      'keys[1].name: k1 of u@example.com is in keys[0] already',
      'keys[1].key: the same key is in keys[0] already',
    ]);
  });

  it('[CTL-4] a mistake in a group is one problem, not one more for each reference', () => {
    const text = GOOD.replace('rpm: 0 }', 'rpm: -1 }');
    expect(listProblems(text)).toHaveLength(1);
  });

  it('[CTL-4] gives line and column of a YAML fault, and no piece of the text', () => {
    const problems = listProblems('groups:\n  - { name: main\n  secret: [sk-test-0123456789abcdef\n');
    expect(problems[0]).toMatch(/^line \d+, column \d+: not valid YAML \([a-z ]+\)$/);
    expect(problems.join()).not.toContain('sk-test');
  });

  it.each([
    ['nothing', ''],
    ['a list', '- a'],
    ['text', 'hello'],
    ['a key twice', 'groups: []\ngroups: []'],
    ['two documents', 'groups: []\n---\nusers: []'],
    ['an unknown alias', 'groups: *nothing'],
    ['an unknown tag', 'groups: !!js/function "x"'],
    ['a section that is no list', 'groups: { main: {} }'],
    ['bytes', '\u0000\u0001\uffff'],
  ])('[CTL-4] refuses %s', (_name, text) => {
    expect(listProblems(text).length).toBeGreaterThan(0);
  });

  it('[CTL-4] refuses a bomb of aliases at once', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
    );
    expect(listProblems(`l0: &l0 x\n${levels.join('\n')}`)[0]).toContain('aliases');
  });

  it('[CTL-4] prototype names are unknown fields like others', () => {
    expect(listProblems('__proto__: []\nconstructor: []')).toContain('constructor: unknown field');
  });
});

describe('buildConfigJsonSchema', () => {
  it('[CTL-4] describes each section and refuses unknown fields', () => {
    expect(buildConfigJsonSchema()).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: {
        groups: { items: { additionalProperties: false, required: ['name', 'platform'] } },
        keys: { items: { required: ['user', 'name', 'groups', 'key'] } },
      },
    });
  });
});
