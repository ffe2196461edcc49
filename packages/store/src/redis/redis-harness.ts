import { randomBytes } from 'node:crypto';
import type { NodeId } from '@tollgate/core';
import { Redis } from 'ioredis';
import { TEST_TIMINGS, type Harness } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { createRedisStore, type RedisStoreOptions } from './redis-store.ts';

/**
 * Makes leases, windows and values under a prefix older: scores and TTLs shrink; RPM windows end only by whole
 * windows. Queues and tickets are left alone: their nodes are alive and renew them.
 */
const AGE_KEYS = `
local ms, window = tonumber(ARGV[2]), tonumber(ARGV[3])
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local kind = redis.call('TYPE', key).ok
  if string.find(key, ':q[otx]') or string.find(key, ':waiting', 1, true) then
    redis.call('PERSIST', key)
  elseif kind == 'zset' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ms, member) end
  elseif string.find(key, ':rpm', 1, true) then
    if ms >= window then redis.call('DEL', key) end
  elseif string.find(key, '}:states', 1, true) then
    local older = function(since, ending) return string.format('|%.0f|%.0f|', since - ms, math.max(0, ending - ms)) end
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do redis.call('HSET', key, all[i], (string.gsub(all[i + 1], '|(%d+)|(%d+)|', older, 1))) end
  elseif string.find(key, '}:health:', 1, true) then
    local older = function(moment) return string.format('%.0f', moment - ms) end
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do redis.call('HSET', key, all[i], (string.gsub(all[i + 1], '%d%d%d%d%d%d%d%d%d%d%d%d%d', older))) end
  elseif string.find(key, '}:wcost:', 1, true) then
    redis.call('HINCRBY', key, 's', -ms)
    redis.call('HINCRBY', key, 'e', -ms)
  else
    local ttl = redis.call('PTTL', key)
    if ttl > 0 then redis.call('PEXPIRE', key, ttl - ms) end
  end
end`;

export function randomPrefix(): string {
  return `t${randomBytes(6).toString('hex')}:`;
}

export function startNode(url: string, prefix: string, options: Partial<RedisStoreOptions> = {}): Store {
  const nodeId = `nod_${randomBytes(6).toString('hex')}` as NodeId;
  return createRedisStore({ url, prefix, nodeId, timings: TEST_TIMINGS, random: () => 0, ...options });
}

/** Three stores on one Redis under a prefix of their own, and an admin connection that turns the clock. */
export async function startRedisHarness(
  url: string,
  options: Partial<RedisStoreOptions> = {},
): Promise<Harness> {
  const prefix = randomPrefix();
  const admin = new Redis(url);
  // Time limits have tests of their own; a busy test machine must not fail the others.
  const start = () => startNode(url, prefix, { callTimeoutMs: 10_000, ...options });
  const nodes: Harness['nodes'] = [start(), start(), start()];
  return {
    nodes,
    advance: async (ms) => void (await admin.eval(AGE_KEYS, 0, prefix, ms, TEST_TIMINGS.rpmWindowMs)),
    async clock() {
      const [seconds, micros] = await admin.time();
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      const keys = await admin.keys(`${prefix}*`);
      if (keys.length > 0) await admin.del(...keys);
      admin.disconnect();
    },
  };
}
