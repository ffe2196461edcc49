import { describe, expect, it } from 'vitest';
import { ProblemError } from '../problems/problem.ts';
import { buildConfigJsonSchema } from './config-json-schema.ts';
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

const EMPTY = {
  settings: {},
  proxies: [],
  groups: [],
  accounts: [],
  users: [],
  subscriptions: [],
  keys: [],
  rpm_overrides: [],
  alert_channels: [],
  alert_rules: [],
};

const LIMITS = `
groups:
  - { name: main, platform: anthropic }
  - name: restricted
    platform: anthropic
    tpm: 5
    client_restriction: claude-code
    fallback_group: main
    fallback_group_on_invalid_request: null
    model_routing: [{ pattern: 'claude-*', accounts: [max] }]
    queue_timeout_ms: 1000
accounts:
  - name: max
    platform: anthropic
    kind: oauth
    groups: [restricted]
    proxy: http://ann:secret@proxy.example.com
    sessions_max: 3
    session_idle_minutes: 10
    window_cost_limit: "20.00"
    window_cost_reserve: "5"
    intercept_warm_ups: true
    passed_statuses: [418]
    pause_rules: [{ status: 529, minutes: 10 }]
    pinned_headers: { User-Agent: ops }
users: [{ email: u@example.com, tpm: 5, weight: 3, queue_max: 0, token_limit: 1000 }]
rpm_overrides: [{ user: U@example.com, group: main, rpm: 0 }]
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
    expect(parseConfig('groups:\nkeys: []')).toEqual(EMPTY);
    expect(parseConfig('{}')).toEqual(EMPTY);
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

  it('[CTL-3] reads every field of limits and account choice', () => {
    const config = parseConfig(LIMITS);
    expect(config.groups[1]).toMatchObject({
      tpm: 5,
      client_restriction: 'claude-code',
      fallback_group: 'main',
      fallback_group_on_invalid_request: null,
      model_routing: [{ pattern: 'claude-*', accounts: ['max'] }],
      queue_timeout_ms: 1_000,
    });
    expect(config.accounts[0]).toMatchObject({
      proxy: 'http://ann:secret@proxy.example.com',
      window_cost_limit: '20.00',
      pause_rules: [{ status: 529, words: [], minutes: 10 }],
      pinned_headers: { 'user-agent': 'ops' },
    });
    expect(config.rpm_overrides).toEqual([{ user: 'u@example.com', group: 'main', rpm: 0 }]);
  });

  it('[CTL-4] names every problem of limits and account choice by its path', () => {
    const bad = `
groups:
  - { name: main, platform: anthropic, tpm: -1, queue_timeout_ms: 0, client_restriction: curl }
  - { name: loop, platform: anthropic, fallback_group: loop }
  - { name: a, platform: anthropic, fallback_group: b }
  - { name: b, platform: anthropic, fallback_group_on_invalid_request: a }
  - { name: far, platform: openai, fallback_group: main, fallback_group_on_invalid_request: nowhere }
  - { name: routed, platform: anthropic, model_routing: [{ pattern: 'x*', accounts: [max, ghost] }, { pattern: 'x*', accounts: [] }] }
  - { name: other, platform: anthropic, model_routing: [{ pattern: y, accounts: [max, ghost] }] }
accounts:
  - { name: max, platform: anthropic, kind: api-key, sessions_max: 1, window_cost_limit: "5", groups: [a] }
  - { name: odd, platform: anthropic, kind: oauth, pinned_headers: { Host: x, ok: "a\\nb" }, pause_rules: [{ status: 99, minutes: 0 }], window_cost_reserve: -1 }
users:
  - { email: u@example.com, weight: 0, queue_max: 1.5, token_limit: 1.0e+13, tpm: 1.0e+10 }
keys:
  - { user: u@example.com, name: k, groups: [main], key: sk-test-0123456789abcdef, tpm: -1 }
rpm_overrides:
  - { user: u@example.com, group: main, rpm: -1 }
  - { user: ghost@example.com, group: nowhere, rpm: 1 }
  - { user: u@example.com, group: a, rpm: 1 }
  - { user: u@example.com, group: a, rpm: 2 }
`;
    const paths = listProblems(bad).map((problem) => problem.slice(0, problem.indexOf(':')));
    expect(paths.toSorted()).toEqual(
      [
        'groups[0].tpm',
        'groups[0].queue_timeout_ms',
        'groups[0].client_restriction',
        'groups[1].fallback_group',
        'groups[2].fallback_group',
        'groups[3].fallback_group_on_invalid_request',
        'groups[4].fallback_group_on_invalid_request',
        'groups[5].model_routing[1].accounts',
        'groups[5].model_routing[1].pattern',
        'groups[6].model_routing[0].accounts[0]',
        'groups[6].model_routing[0].accounts[1]',
        'accounts[0].sessions_max',
        'accounts[0].window_cost_limit',
        'accounts[1].pinned_headers.Host',
        'accounts[1].pinned_headers.ok',
        'accounts[1].pause_rules[0].status',
        'accounts[1].pause_rules[0].minutes',
        'accounts[1].window_cost_reserve',
        'users[0].weight',
        'users[0].queue_max',
        'users[0].token_limit',
        'users[0].tpm',
        'keys[0].tpm',
        'rpm_overrides[0].rpm',
        'rpm_overrides[1].user',
        'rpm_overrides[1].group',
        'rpm_overrides[3].group',
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
        keys: { items: { required: ['user', 'name', 'groups'] } },
      },
    });
  });
});
