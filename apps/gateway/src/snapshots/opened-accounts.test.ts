import { describe, expect, it } from 'vitest';
import { buildAccount } from '../testing/build-snapshots.ts';
import { OpenedAccounts } from './opened-accounts.ts';

function setUp(text = '{"api_key":"sk-up"}') {
  const asked: string[][] = [];
  const state = { text };
  const accounts = new OpenedAccounts((sealed, context) => {
    asked.push([sealed, context]);
    if (state.text === '') throw new Error('seal broken');
    return state.text;
  });
  return { accounts, asked, state };
}

describe('opened-accounts', () => {
  it('opens the seal of one snapshot once, under the id of the account', () => {
    const { accounts, asked } = setUp();
    const account = buildAccount({ sealedCredentials: 'sealed' });
    expect(accounts.open(account).credentials).toEqual({ api_key: 'sk-up' });
    expect(accounts.open(account)).toBe(accounts.open(account));
    expect(asked).toEqual([['sealed', 'acc_1']]);
  });

  it('[ACC-7] opens the proxy under a seal of its own; one that does not open stops the account', () => {
    const asked: string[] = [];
    const accounts = new OpenedAccounts((sealed, context) => {
      asked.push(context);
      if (sealed === 'broken') throw new Error('seal broken');
      return sealed === 'proxy' ? 'http://proxy.example:3128' : '{"api_key":"sk-up"}';
    });
    expect(accounts.open(buildAccount()).proxyUrl).toBeNull();
    const proxied = accounts.open(buildAccount({ sealedProxyUrl: 'proxy' }));
    expect(proxied.proxyUrl).toBe('http://proxy.example:3128');
    expect(asked).toEqual(['acc_1', 'acc_1', 'acc_1:proxy']);
    expect(() => accounts.open(buildAccount({ sealedProxyUrl: 'broken' }))).toThrow('seal broken');
  });

  it('opens a newer snapshot of the same account anew', () => {
    const { accounts, asked, state } = setUp();
    accounts.open(buildAccount());
    state.text = '{"api_key":"sk-new"}';
    expect(accounts.open(buildAccount()).credentials).toEqual({ api_key: 'sk-new' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com', ''],
    ['https://api.example.com:8443/', 'https://api.example.com:8443', ''],
    ['http://[::1]:9/base/path//', 'http://[::1]:9', '/base/path'],
  ])('reads the address %s', (baseUrl, origin, pathPrefix) => {
    expect(setUp().accounts.open(buildAccount({ baseUrl }))).toMatchObject({ origin, pathPrefix });
  });

  it.each([
    ['a broken seal', '', {}],
    ['half a secret', '{"api_key":"sk-', {}],
    ['null', 'null', {}],
    ['credentials of another kind', '{"access_token":"t"}', {}],
    ['a key for a token account', '{"api_key":"sk-up"}', { kind: 'oauth' as const }],
    ['an address that is none', '{"api_key":"sk-up"}', { baseUrl: 'api.example.com' }],
  ])('throws on %s, tells no secret, and tries again the next time', (_, text, changes) => {
    const { accounts, asked } = setUp(text);
    const account = buildAccount(changes);
    let told = '';
    try {
      accounts.open(account);
    } catch (fault) {
      told = String(fault);
    }
    expect(told).not.toBe('');
    expect(told).not.toContain('sk-');
    expect(() => accounts.open(account)).toThrow();
    expect(asked).toHaveLength(2);
  });
});
