import { describe, expect, it } from 'vitest';
import { ProblemError } from '../problems/problem.ts';
import { takeKeptSecrets } from './keep-secrets.ts';
import { resolveSecrets } from './resolve-secrets.ts';

const ENV: Record<string, string> = { UP: 'sk-up', EMPTY: '' };
const readers = {
  readEnv: (name: string) => (ENV[name] ? { secret: ENV[name] } : { missing: 'is not set' }),
  readFile: (path: string) => (path === 'k.txt' ? { secret: 'sk-file' } : { missing: 'cannot be read' }),
};
const resolve = (text: string) => resolveSecrets(text, readers);
const account = (credentials: string, rest = '') =>
  `accounts: [{ name: a, credentials: ${credentials}${rest} }]`;

describe('resolveSecrets', () => {
  it('[CTL-4] puts secrets in the place of references, in keys, credentials and proxies', () => {
    const text = `${account('{ api_key: { env: UP } }', ', proxy: { file: k.txt }')}\nkeys: [{ name: k, key: { env: UP } }]`;
    expect(JSON.parse(resolve(text))).toEqual({
      accounts: [{ name: 'a', credentials: { api_key: 'sk-up' }, proxy: 'sk-file' }],
      keys: [{ name: 'k', key: 'sk-up' }],
    });
  });

  it.each(['a: [', 'text', '', '# nothing', 'keys: [{ key: sk-plain }]', 'keys: 5', 'keys: [null, 3]'])(
    'gives %j back as it was',
    (text) => expect(resolve(text)).toBe(text),
  );

  it('[CTL-4] names the path of every reference that leads to nothing, and no other value', () => {
    const text = `${account('{ api_key: { env: NOT_SET } }')}\nkeys: [3, { key: { file: away } }, { key: { env: EMPTY } }]`;
    expect(() => resolve(text)).toThrow(
      new ProblemError('invalid', [
        { path: 'accounts[0].credentials.api_key', message: 'environment variable NOT_SET is not set' },
        { path: 'keys[1].key', message: 'file away cannot be read' },
        { path: 'keys[2].key', message: 'environment variable EMPTY is not set' },
      ]),
    );
  });

  it.each([
    ['{ evn: UP }', 'evn: unknown field'],
    ['{ env: UP, file: k.txt }', 'file: unknown field'],
    ['{ env: "A B" }', 'env: not the name of an environment variable'],
    ['{ env: UP, optional: 1 }', 'optional: expected boolean'],
    ['{}', 'env: required'],
  ])('[CTL-4] refuses %s by its path', (reference, message) => {
    expect(() => resolve(account(`{ api_key: ${reference} }`))).toThrow(
      `accounts[0].credentials.api_key.${message}`,
    );
  });

  it('leaves an optional one that leads to nothing, for the server to keep what is there', () => {
    const text = resolve(account('{ api_key: { env: NOT_SET, optional: true } }', ', proxy: { env: UP }'));
    const raw = JSON.parse(text) as object;
    expect(takeKeptSecrets(raw)).toMatchObject([{ section: 'accounts', index: 0 }]);
    expect(raw).toEqual({ accounts: [{ name: 'a', proxy: 'sk-up' }] });
  });

  it('a reference that reaches the server is a problem, never a path that it opens', () => {
    const raw = { keys: [{ key: { file: '/etc/passwd' } }] };
    expect(() => takeKeptSecrets(raw)).toThrow('keys[0].key: is a reference');
  });

  it('one anchor may be used twice', () => {
    const text = 'accounts: [{ credentials: &up { api_key: { env: UP } } }, { credentials: *up }]';
    const { accounts } = JSON.parse(resolve(text)) as { accounts: unknown[] };
    const resolved = { credentials: { api_key: 'sk-up' } };
    expect(accounts).toEqual([resolved, resolved]);
  });
});
