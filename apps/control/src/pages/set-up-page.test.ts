import { hash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { loadSetUpPage, selectPart } from './set-up-page.ts';

interface Element {
  value: string;
  hidden: boolean;
  disabled: boolean;
  textContent: string;
  focus(): void;
  addEventListener(name: string, listener: (event: { preventDefault(): void }) => Promise<void>): void;
}

/** The script in a page of so many elements; `answers` of the server, in order. */
function openPage(fragment: string, answers: unknown[]) {
  const elements = new Map<string, Element>();
  const sent: unknown[] = [];
  const replaced: string[] = [];
  let submit: (event: { preventDefault(): void }) => Promise<void> = async () => {};
  const getElementById = (id: string): Element => {
    const made = elements.get(id) ?? {
      value: '',
      hidden: id === 'email-label',
      disabled: false,
      textContent: '',
      focus() {},
      addEventListener: (_name, listener) => void (submit = listener),
    };
    elements.set(id, made);
    return made;
  };
  runInNewContext(selectPart(loadSetUpPage().html, 'script'), {
    document: { getElementById },
    location: { hash: fragment, pathname: '/set-up' },
    history: { replaceState: (_state: null, _title: string, path: string) => void replaced.push(path) },
    URLSearchParams,
    async fetch(url: string, init: { body: string }) {
      sent.push([url, JSON.parse(init.body)]);
      const answer = answers.shift();
      if (answer === undefined) throw new TypeError('fetch failed');
      return { json: async () => answer };
    },
  });
  return { find: getElementById, sent, replaced, submit: () => submit({ preventDefault() {} }) };
}

const refuse = (message: string, path: string) => ({ error: { message, data: { problems: [{ path }] } } });

it('[CTL-2] sends the token of the link and the password, and takes the token out of the address', async () => {
  const page = openPage('#token=tsl_x', [{ result: { data: { person: { email: 'a@example.com' } } } }]);
  expect(page.replaced).toEqual(['/set-up']);
  page.find('password').value = 'a long password';
  await page.submit();
  expect(page.sent).toEqual([['trpc/auth.useSetUpLink', { token: 'tsl_x', password: 'a long password' }]]);
  expect(page.find('outcome').textContent).toBe('Done: a@example.com may sign in.');
  expect(page.find('form').hidden).toBe(true);
});

it('asks for the address when the link makes a new admin, and shows what else is wrong', async () => {
  const page = openPage('#token=t', [
    refuse('email: required', 'email'),
    refuse('email: is taken already', 'email'),
  ]);
  await page.submit();
  expect(page.find('email-label').hidden).toBe(false);
  page.find('email').value = 'b@example.com';
  await page.submit();
  expect(page.sent[1]).toMatchObject(['trpc/auth.useSetUpLink', { email: 'b@example.com' }]);
  expect(page.find('outcome').textContent).toBe('email: is taken already');
  await page.submit();
  expect(page.find('outcome').textContent).toBe('The control plane gave no answer.');
  expect(page.find('button').disabled).toBe(false);
});

it('[CTL-2] lets the browser run its own script alone', () => {
  const { html, headers } = loadSetUpPage();
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toContain(`script-src 'sha256-${hash('sha256', selectPart(html, 'script'), 'base64')}'`);
  expect(policy).toMatch(/^default-src 'none'/);
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toMatch(/ on\w+=| style=|https?:/);
});
