import { expect, it } from 'vitest';
import { parseControlConfig } from './control-config.ts';

it('has defaults for everything, frozen; an empty variable is unset', () => {
  const config = parseControlConfig({ TOLLGATE_CONTROL_PORT: '', OTHER: 'x' });
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8788, adminToken: null, databaseUrl: null });
  expect(config.outboundAllow).toEqual([]);
  expect(Object.isFrozen(config)).toBe(true);
});

it('splits the list of allowed ranges', () => {
  const config = parseControlConfig({ TOLLGATE_OUTBOUND_ALLOW: '10.0.0.0/8, 127.0.0.1 ,' });
  expect(config.outboundAllow).toEqual(['10.0.0.0/8', '127.0.0.1']);
});

it('prints all problems at once, without the token', () => {
  const env = {
    TOLLGATE_CONTROL_PORT: '65536',
    TOLLGATE_ADMIN_TOKEN: 'too short',
    TOLLGATE_CONTROL_BODY_BYTES_MAX: 'many',
    TOLLGATE_LOG_LEVEL: 'loud',
  };
  expect(() => parseControlConfig(env)).toThrow(
    /^TOLLGATE_CONTROL_PORT: .*\nTOLLGATE_ADMIN_TOKEN: expected 16 .*\nTOLLGATE_CONTROL_BODY_BYTES_MAX: .*\nTOLLGATE_LOG_LEVEL: /,
  );
  expect(() => parseControlConfig(env)).not.toThrow(/too short/);
});

it('[ACC-6] knows the token endpoints of the platforms, and no client ids', () => {
  const { oauthClients } = parseControlConfig({});
  expect(Object.keys(oauthClients)).toEqual(['anthropic', 'openai', 'gemini', 'antigravity']);
  for (const client of Object.values(oauthClients)) {
    expect(client.tokenUrl).toMatch(/^https:\/\//);
    expect([client.clientId, client.clientSecret]).toEqual([null, null]);
  }
  const set = parseControlConfig({
    TOLLGATE_OAUTH_OPENAI_TOKEN_URL: 'http://10.0.0.1/token',
    TOLLGATE_OAUTH_OPENAI_CLIENT_ID: 'id-1',
    TOLLGATE_OAUTH_OPENAI_CLIENT_SECRET: '',
  });
  expect(set.oauthClients.openai).toEqual({
    tokenUrl: 'http://10.0.0.1/token',
    clientId: 'id-1',
    clientSecret: null,
  });
  expect(() => parseControlConfig({ TOLLGATE_OAUTH_GEMINI_TOKEN_URL: 'ftp://x' })).toThrow(
    /^TOLLGATE_OAUTH_GEMINI_TOKEN_URL: /,
  );
});

it('[OPS-1] keeps all months of usage unless told how many', () => {
  expect(parseControlConfig({}).usageMonthsKept).toBeNull();
  expect(parseControlConfig({ TOLLGATE_USAGE_MONTHS: '13' }).usageMonthsKept).toBe(13);
  expect(() => parseControlConfig({ TOLLGATE_USAGE_MONTHS: '-1' })).toThrow('TOLLGATE_USAGE_MONTHS');
});

it('[OPS-5] looks at alert rules twice a minute unless told how often', () => {
  expect(parseControlConfig({}).alertIntervalMs).toBe(30_000);
  expect(parseControlConfig({ TOLLGATE_ALERT_INTERVAL_SECONDS: '60' }).alertIntervalMs).toBe(60_000);
  for (const wrong of ['4', '3601', '1.5', 'soon']) {
    expect(() => parseControlConfig({ TOLLGATE_ALERT_INTERVAL_SECONDS: wrong })).toThrow(
      'TOLLGATE_ALERT_INTERVAL_SECONDS',
    );
  }
});

it('[MON-11] sends no mail unless told where and from whom, and never shows the password', () => {
  expect(parseControlConfig({})).toMatchObject({ smtp: null, mailFrom: null });
  const env = { TOLLGATE_SMTP_URL: 'smtp://ann:s3cret@mail:25', TOLLGATE_MAIL_FROM: 'Bills <b@example.com>' };
  expect(parseControlConfig(env)).toMatchObject({
    smtp: { host: 'mail', port: 25, startTls: 'required', auth: { user: 'ann', password: 's3cret' } },
    mailFrom: 'Bills <b@example.com>',
  });
  expect(() => parseControlConfig({ ...env, TOLLGATE_MAIL_FROM: '' })).toThrow(
    'TOLLGATE_MAIL_FROM: required',
  );
  for (const from of ['nobody', 'a@b\r\nBcc: x@y', 'A <a@b> <c@d>']) {
    expect(() => parseControlConfig({ ...env, TOLLGATE_MAIL_FROM: from })).toThrow(
      'TOLLGATE_MAIL_FROM: expected',
    );
  }
  const bad = { ...env, TOLLGATE_SMTP_URL: 'smtp://ann:s3cret@mail/?starttls=perhaps' };
  expect(() => parseControlConfig(bad)).toThrow('TOLLGATE_SMTP_URL: starttls is');
  expect(() => parseControlConfig(bad)).not.toThrow(/s3cret/);
});

it('[CTL-2] knows how long sessions last, whom to believe, and where persons come', () => {
  const day = 86_400_000;
  expect(parseControlConfig({})).toMatchObject({
    publicUrl: null,
    trustedProxies: [],
    sessionIdleMs: day / 2,
    sessionLifeMs: 7 * day,
  });
  const env = {
    TOLLGATE_CONTROL_URL: 'https://control.example.com/',
    TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    TOLLGATE_SESSION_IDLE_MINUTES: '30',
    TOLLGATE_SESSION_HOURS: '24',
  };
  expect(parseControlConfig(env)).toMatchObject({
    publicUrl: 'https://control.example.com',
    trustedProxies: ['10.0.0.0/8', '::1'],
    sessionIdleMs: 1_800_000,
    sessionLifeMs: day,
  });
  const wrong = {
    TOLLGATE_CONTROL_URL: 'control.example.com',
    TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/',
    TOLLGATE_SESSION_IDLE_MINUTES: '1',
    TOLLGATE_SESSION_HOURS: '0',
  };
  expect(() => parseControlConfig(wrong)).toThrow(
    /^TOLLGATE_CONTROL_URL: expected an http.*\nTOLLGATE_TRUSTED_PROXIES: not an address.*\nTOLLGATE_SESSION_IDLE.*\nTOLLGATE_SESSION_HOURS/,
  );
});
