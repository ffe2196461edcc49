import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { signWebhook } from './sign-webhook.ts';

type Verify = (signature: string, rawBody: string, secret: string) => boolean;

/** What docs/alerts.md gives to those who receive webhooks. */
async function loadVerification(): Promise<Verify> {
  const page = readFileSync(new URL('../../../../../docs/alerts.md', import.meta.url), 'utf8');
  const code = /```js\n([^`]*isFromTollgate[\s\S]*?)```/u.exec(page)?.[1] ?? '';
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.isFromTollgate as Verify;
}

it('[OPS-5] the snippet of the docs takes what is signed, and nothing else', async () => {
  const isFromTollgate = await loadVerification();
  const body = '{"kind":"firing","text":"ü"}';
  const signature = signWebhook(body, 's3cret', Date.now());
  expect(isFromTollgate(signature, body, 's3cret')).toBe(true);
  expect(isFromTollgate(signature, `${body} `, 's3cret')).toBe(false);
  expect(isFromTollgate(signature, body, 'other')).toBe(false);
  expect(isFromTollgate(signWebhook(body, 's3cret', Date.now() - 600_000), body, 's3cret')).toBe(false);
  const later = signature.replace(/^t=\d+/u, `t=${Math.floor(Date.now() / 1_000) + 1}`);
  expect(isFromTollgate(later, body, 's3cret')).toBe(false);
  expect(isFromTollgate('', body, 's3cret')).toBe(false);
});
