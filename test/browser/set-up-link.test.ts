import { buildSetUpUrl, createAdmin, createSetUpToken } from '@tollgate/api/server';
import { startTestControl, type TestControl } from '@tollgate/control/testing';
import { systemClock } from '@tollgate/core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { launchChromium } from '../harness/launch-chromium.ts';

const PASSWORD = 'correct horse battery';
const LIFE_MS = 60_000;

/** Runs in the page: what an attacker would try who can write into it, and what the browser says to it. */
const BREAK_POLICY = `(async () => {
  const violations = [];
  document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
  const script = document.createElement('script');
  script.textContent = 'window.planted = true';
  const image = document.createElement('img');
  image.src = '/picture.png';
  document.body.append(script, image);
  await fetch('https://elsewhere.example.com/').catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { violations: violations.toSorted(), isPlanted: 'planted' in window };
})()`;

/** The page that a set-up link opens, in a browser, with the keyboard alone. */
describe('the page of a set-up link', () => {
  let control: TestControl;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complains of; an answer of 4xx is no fault of the page. */
  const complaints: string[] = [];

  beforeAll(async () => {
    control = await startTestControl(inject('postgresUrl'));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await control.stop();
  });
  beforeEach(async () => {
    complaints.length = 0;
    context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
    });
  });
  afterEach(() => context.close());

  /** `email` null = the link makes a new admin. */
  const makeLink = async (email: string | null = null) => {
    const token = await createSetUpToken(control.db, systemClock, { email, lifeMs: LIFE_MS });
    return { token: token ?? '', href: buildSetUpUrl(control.url, token ?? '') };
  };
  const outcome = () => page.getByRole('status');
  const waitForOutcome = (text: string | RegExp) => outcome().filter({ hasText: text }).waitFor();
  const typeAndEnter = async (text: string) => {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };
  const focused = () => page.evaluate('document.activeElement.id');

  /** A call as the console would make it: by the page, with the browser's cookies. */
  const call = (path: string, input?: object) =>
    page.evaluate(
      async ([name, body]) => {
        const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
        const answer = await fetch(`trpc/${name}`, body === null ? {} : init);
        return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
      },
      [path, input ? JSON.stringify(input) : null] as const,
    );

  it('[CTL-2] makes the first admin, who then signs in: the cookie is for the server alone', async () => {
    const { token, href } = await makeLink();
    await page.goto(href);
    // Neither in the address bar nor in the history.
    expect(page.url()).toBe(`${control.url}/set-up`);
    expect(await page.content()).not.toContain(token);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('password');
    await typeAndEnter(PASSWORD);
    await waitForOutcome('which e-mail address will you sign in with?');
    expect(await focused()).toBe('email');
    await typeAndEnter('ann@example.com');
    await waitForOutcome('Done: ann@example.com may sign in.');
    expect(await page.getByRole('button').isVisible()).toBe(false);

    const credentials = { email: 'ann@example.com', password: PASSWORD };
    expect((await call('me.get')).status).toBe(401);
    expect((await call('auth.signIn', credentials)).status).toBe(200);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await call('me.get')).toMatchObject({
      status: 200,
      body: { result: { data: { email: 'ann@example.com', role: 'admin' } } },
    });
    expect((await call('auth.signOut', {})).status).toBe(200);
    expect((await call('me.get')).status).toBe(401);
    expect(complaints).toEqual([]);
  });

  it('[CTL-2] a weak password is refused in words, and the link is still good', async () => {
    await createAdmin(control.db, systemClock, { email: 'bob@example.com', passwordHash: null });
    await page.goto((await makeLink('bob@example.com')).href);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    const field = page.getByLabel('Password (10 characters or more)');
    await field.focus();
    await typeAndEnter('short');
    const message = await page.evaluate("document.getElementById('password').validationMessage");
    expect(message).toMatch(/10 characters/);
    expect(sent).toEqual([]);
    await field.fill('');
    await typeAndEnter('aaaaaaaaaaaa');
    await waitForOutcome('too few different characters');
    expect(await page.getByRole('button').isEnabled()).toBe(true);
    await field.fill('');
    await field.focus();
    await typeAndEnter(PASSWORD);
    await waitForOutcome('Done: bob@example.com may sign in.');
    expect(complaints).toEqual([]);
  });

  it('[CTL-2] a link is good once, also for who presses Enter twice', async () => {
    await createAdmin(control.db, systemClock, { email: 'eve@example.com', passwordHash: null });
    const { href } = await makeLink('eve@example.com');
    await page.goto(href);
    await page.keyboard.press('Tab');
    await typeAndEnter(PASSWORD);
    await page.keyboard.press('Enter');
    await waitForOutcome('Done: eve@example.com may sign in.');
    const late = await context.newPage();
    await late.goto(href);
    await late.keyboard.press('Tab');
    await late.keyboard.type('another horse battery');
    await late.keyboard.press('Enter');
    await late.getByRole('status').filter({ hasText: 'unknown, was used or has expired' }).waitFor();
    expect((await call('auth.signIn', { email: 'eve@example.com', password: PASSWORD })).status).toBe(200);
    expect(complaints).toEqual([]);
  });

  it('says when nobody answers, and may be tried again', async () => {
    await createAdmin(control.db, systemClock, { email: 'zoe@example.com', passwordHash: null });
    await page.goto((await makeLink('zoe@example.com')).href);
    await page.route('**/trpc/**', (route) => route.abort());
    await page.keyboard.press('Tab');
    await typeAndEnter(PASSWORD);
    await waitForOutcome('The control plane gave no answer.');
    await page.unroute('**/trpc/**');
    await page.getByRole('button').press('Enter');
    await waitForOutcome('Done: zoe@example.com may sign in.');
    expect(complaints).toEqual([]);
  });

  it('[CTL-2] runs its own script and no other, and stands in no foreign frame', async () => {
    const answer = await page.goto((await makeLink()).href);
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
    const refused = await page.evaluate(BREAK_POLICY);
    expect(refused).toEqual({ violations: ['connect-src', 'img-src', 'script-src-elem'], isPlanted: false });
    const foreign = await context.newPage();
    await foreign.setContent(`<iframe src="${control.url}/set-up"></iframe>`);
    await foreign.waitForTimeout(300);
    const frames = await Promise.all(
      foreign
        .frames()
        .slice(1)
        .map((frame) => frame.content()),
    );
    expect(frames.join()).not.toContain('Choose a password');
  });
});
