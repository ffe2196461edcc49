import { describe, expect, it } from 'vitest';
import { gatewayConfigSchema, parseGatewayConfig } from './config.ts';

function problemsOf(env: Record<string, string>): string[] {
  try {
    parseGatewayConfig(env);
    return [];
  } catch (fault) {
    return (fault as Error).message.split('\n');
  }
}

describe('config', () => {
  it('has a default for everything', () => {
    const config = parseGatewayConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8787,
      dataDir: '.tollgate',
      journalDir: '.tollgate/journal',
      secretKeyFile: '.tollgate/secret.key',
      databaseUrl: null,
      redisUrl: null,
      secretKeyText: null,
      outboundAllow: [],
      trustedProxies: [],
      bodyBytesMax: 33_554_432,
    });
  });

  it('an empty variable counts as unset, as shells and compose files leave them', () => {
    const empty = Object.fromEntries(Object.keys(gatewayConfigSchema.shape).map((name) => [name, '']));
    expect(parseGatewayConfig(empty)).toEqual(parseGatewayConfig({}));
  });

  it('reads lists with blanks, and numbers', () => {
    const config = parseGatewayConfig({
      TOLLGATE_GATEWAY_PORT: '0',
      TOLLGATE_OUTBOUND_ALLOW: ' 10.0.0.0/8 ,,127.0.0.1, ',
      TOLLGATE_TRUSTED_PROXIES: '::1',
    });
    expect(config).toMatchObject({
      port: 0,
      outboundAllow: ['10.0.0.0/8', '127.0.0.1'],
      trustedProxies: ['::1'],
    });
  });

  it('names all problems at once, one a line', () => {
    const problems = problemsOf({
      TOLLGATE_GATEWAY_PORT: '65536',
      TOLLGATE_BODY_BYTES_MAX: 'many',
      TOLLGATE_DRAIN_MS: '1.5',
      TOLLGATE_LOG_LEVEL: 'loud',
      TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.0/',
      TOLLGATE_OUTBOUND_ALLOW: 'localhost',
    });
    expect(problems.map((line) => line.split(':')[0]).toSorted()).toEqual([
      'TOLLGATE_BODY_BYTES_MAX',
      'TOLLGATE_DRAIN_MS',
      'TOLLGATE_GATEWAY_PORT',
      'TOLLGATE_LOG_LEVEL',
      'TOLLGATE_OUTBOUND_ALLOW',
      'TOLLGATE_TRUSTED_PROXIES',
    ]);
    expect(problems.find((line) => line.startsWith('TOLLGATE_TRUSTED'))).toContain('"10.0.0.0/"');
    expect(problems.find((line) => line.startsWith('TOLLGATE_OUTBOUND'))).toContain('localhost');
  });

  it('takes no notice of what is not its own, and cannot be changed', () => {
    const config = parseGatewayConfig({ PATH: '/bin', TOLLGATE_CONTROL_PORT: 'x', TOLLGATE_NEW: 'y' });
    expect(Object.isFrozen(config) && Object.isFrozen(config.trustedProxies)).toBe(true);
    expect(Object.keys(config)).not.toContain('PATH');
  });
});
