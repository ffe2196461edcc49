import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sharedStoreFields } from './shared-store-fields.ts';

const schema = z.object(sharedStoreFields);

describe('shared-store-fields', () => {
  it('[LIM-1] [LIM-12] without variables: one Redis, the clock minute', () => {
    expect(schema.parse({})).toEqual({
      TOLLGATE_REDIS_CLUSTER: false,
      TOLLGATE_RPM_WINDOW: 'fixed',
      TOLLGATE_REDIS_PREFIX: 'tollgate:',
      TOLLGATE_REDIS_TIMEOUT_MS: 250,
    });
  });

  it('takes what is written', () => {
    const written = {
      TOLLGATE_REDIS_CLUSTER: 'true',
      TOLLGATE_RPM_WINDOW: 'sliding',
      TOLLGATE_REDIS_PREFIX: 'x:',
      TOLLGATE_REDIS_TIMEOUT_MS: '900',
    };
    const read = { TOLLGATE_REDIS_CLUSTER: true, TOLLGATE_REDIS_TIMEOUT_MS: 900 };
    expect(schema.parse(written)).toEqual({ ...written, ...read });
  });

  it.each([
    { TOLLGATE_REDIS_CLUSTER: 'yes' },
    { TOLLGATE_REDIS_CLUSTER: '' },
    { TOLLGATE_RPM_WINDOW: 'minute' },
    { TOLLGATE_REDIS_PREFIX: 'x'.repeat(65) },
    { TOLLGATE_REDIS_TIMEOUT_MS: '9' },
    { TOLLGATE_REDIS_TIMEOUT_MS: '60001' },
    { TOLLGATE_REDIS_TIMEOUT_MS: '1.5' },
    { TOLLGATE_REDIS_TIMEOUT_MS: 'soon' },
  ])('refuses %j', (env) => {
    expect(schema.safeParse(env).success).toBe(false);
  });
});
