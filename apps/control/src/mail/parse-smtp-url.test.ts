import { expect, it } from 'vitest';
import { parseSmtpUrl } from './parse-smtp-url.ts';

const PLAIN = { isSecure: false, startTls: 'offered', isVerified: true, auth: null };

it.each([
  ['smtp://mail.example.com', { ...PLAIN, host: 'mail.example.com', port: 587 }],
  ['smtps://mail.example.com/', { ...PLAIN, host: 'mail.example.com', port: 465, isSecure: true }],
  [
    'smtp://[::1]:25?starttls=off&verify=off',
    { ...PLAIN, host: '::1', port: 25, startTls: 'off', isVerified: false },
  ],
  [
    'SMTP://ann%40example.com:p%3Aw%2F@h:2525',
    {
      ...PLAIN,
      host: 'h',
      port: 2525,
      startTls: 'required',
      auth: { user: 'ann@example.com', password: 'p:w/' },
    },
  ],
  ['smtp://a:b@h?starttls=offered', { ...PLAIN, host: 'h', port: 587, auth: { user: 'a', password: 'b' } }],
])('[MON-11] reads %s', (text, options) => {
  expect(parseSmtpUrl(text)).toEqual(options);
});

it.each([
  '',
  'mail.example.com',
  'http://s3cret:w0rd@h',
  'smtp://',
  'smtp://s3cret:w0rd@h/path',
  'smtp://s3cret:w0rd@h:99999',
  'smtp://s3cret:w0rd@h?startls=off',
  'smtp://s3cret:w0rd@h?starttls=no',
  'smtp://s3cret:w0rd@h?verify=0',
  'smtp://s3cret:%zz@h',
])('[MON-11] refuses %j without repeating it', (text) => {
  expect(() => parseSmtpUrl(text)).toThrow(Error);
  expect(() => parseSmtpUrl(text)).not.toThrow(/s3cret|w0rd/);
});
