import { inject } from 'vitest';
import { describeStoreContract } from '../contract/store-contract.ts';
import { startRedisHarness } from './redis-harness.ts';

describeStoreContract(
  'the Redis store',
  (renewMs) => startRedisHarness(inject('redisUrl'), {}, renewMs),
  120,
);
