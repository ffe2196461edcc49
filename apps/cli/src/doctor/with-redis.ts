import { Redis } from 'ioredis';

const CONNECT_MS = 3_000;

/** One connection to one server for one look. Rejects with what is wrong. */
export async function withRedis<Result>(
  url: string,
  look: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableOfflineQueue: false,
  });
  let fault: Error | null = null;
  redis.on('error', (error: Error) => (fault ??= error));
  try {
    await redis.connect();
    return await look(redis);
  } catch (error) {
    // ioredis rejects with "Connection is closed." and tells the reason before.
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}
