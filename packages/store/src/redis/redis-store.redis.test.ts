import { inject } from 'vitest';
import { describeStoreContract } from '../contract/store-contract.ts';
import { startRedisHarness } from './redis-harness.ts';

describeStoreContract('the Redis store', () => startRedisHarness(inject('redisUrl')), 120);
describeStoreContract(
  'the Redis store, one call for each hash tag',
  () => startRedisHarness(inject('redisUrl'), { isCluster: true }),
  60,
);
