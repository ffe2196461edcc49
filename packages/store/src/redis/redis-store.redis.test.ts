import { inject } from 'vitest';
import { describeStoreContract } from '../contract/store-contract.ts';
import { startRedisHarness } from './redis-harness.ts';

describeStoreContract('the Redis store', () => startRedisHarness(inject('redisUrl')), 120);
