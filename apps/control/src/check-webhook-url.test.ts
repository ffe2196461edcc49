import { expect, it } from 'vitest';
import { createWebhookUrlCheck } from './check-webhook-url.ts';

const check = createWebhookUrlCheck(['10.1.0.0/16']);

it.each([
  ['https://hooks.example/services/T0/B0/secret', 'hooks.example'],
  ['HTTPS://Robot.Example:8443/send?access_token=secret', 'robot.example:8443'],
  ['http://10.1.2.3:9/x', '10.1.2.3:9'],
])('[OPS-6] takes %s, of which the host may be shown', async (text, host) => {
  expect(await check(text)).toEqual({ href: new URL(text).href, host });
});

it.each([
  ['hooks.example/secret', 'not a URL'],
  ['file:///etc/secret', 'must begin with'],
  ['https://ann:secret@hooks.example', 'user name or password'],
  ['https://hooks.example/secret#x', 'must not have a fragment'],
  ['http://10.2.0.1/secret', 'private address'],
  ['http://[::1]/secret', 'private address'],
  ['http://169.254.169.254/latest/secret', 'private address'],
])('[OPS-6] refuses %s, and repeats nothing of it', async (text, message) => {
  await expect(check(text)).rejects.toThrow(message);
  await expect(check(text)).rejects.not.toThrow(/secret|ann|hooks/);
});
