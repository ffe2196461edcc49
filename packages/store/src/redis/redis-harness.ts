import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '@tollgate/core';
import { Redis } from 'ioredis';
import { flushAccounts, TEST_TIMINGS, type Harness } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { startWire } from './redis-wire.ts';
import type { RedisStoreOptions } from './redis-store-options.ts';
import { createRedisStore } from './redis-store.ts';

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
  elseif string.find(key, ':[rt]ps') then
    local shifted = { 'sum', redis.call('HGET', key, 'sum') or '0' }
    local steps = math.floor(ms / math.floor(window / 60))
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      if all[i] == 'lo' or all[i] == 'hi' then
        shifted[#shifted + 1] = all[i]
        shifted[#shifted + 1] = string.format('%.0f', tonumber(all[i + 1]) - steps)
      elseif all[i] ~= 'sum' then
        shifted[#shifted + 1] = string.format('%.0f', tonumber(all[i]) - steps)
        shifted[#shifted + 1] = all[i + 1]
      end
    end
    redis.call('DEL', key)
    redis.call('HSET', key, unpack(shifted))
  elseif string.find(key, ':[rt]pm') then
    if ms >= window then redis.call('DEL', key) end
  elseif string.find(key, '}:states', 1, true) then
    local older = function(since, ending) return string.format('|%.0f|%.0f|', since - ms, math.max(0, ending - ms)) end
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do redis.call('HSET', key, all[i], (string.gsub(all[i + 1], '|(%d+)|(%d+)|', older, 1))) end
  elseif string.find(key, '}:health:', 1, true) then
    local older = function(moment) return string.format('%.0f', moment - ms) end
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do redis.call('HSET', key, all[i], (string.gsub(all[i + 1], '%d%d%d%d%d%d%d%d%d%d%d%d%d', older))) end
  elseif string.sub(key, -7) == ':purses' then
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      if string.sub(all[i], -2) == '|e' and all[i + 1] ~= '0' then redis.call('HINCRBY', key, all[i], -ms) end
    end
    redis.call('PEXPIRE', key, redis.call('PTTL', key) - ms)
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

/** Four times the product's: a Redis that is frozen is waited for so long, and a machine that stalls is not frozen. */
export const CALL_TIMEOUT_MS = 1_000;

export function startNode(url: string, prefix: string, options: Partial<RedisStoreOptions> = {}): Store {
  const nodeId = `nod_${randomBytes(6).toString('hex')}` as NodeId;
  const common = { timings: TEST_TIMINGS, callTimeoutMs: CALL_TIMEOUT_MS, random: () => 0 };
  return createRedisStore({ url, prefix, nodeId, ...common, ...options });
}

/** Makes the tickets of a killed node due, as they are some seconds later. */
const AGE_TICKETS = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*:qx*')) do
  for _, ticket in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local packed = redis.call('HGET', (string.gsub(key, ':qx', ':qt')), ticket)
    if packed and cjson.decode(packed)[1] == ARGV[2] then redis.call('ZADD', key, 0, ticket) end
  end
end`;

/** Three stores on one Redis under a prefix of their own, and an admin connection that turns the clock. */
export async function startRedisHarness(
  url: string,
  options: Partial<RedisStoreOptions> = {},
  ticketRenewMs = TEST_TIMINGS.ticketRenewMs,
): Promise<Harness> {
  const prefix = randomPrefix();
  const admin = new Redis(url);
  const timings = { ...TEST_TIMINGS, ticketRenewMs };
  const wires = [await startWire(url), await startWire(url), await startWire(url)] as const;
  const nodeIds = [1, 2, 3].map((node) => `nod_${prefix}${node}` as NodeId);
  // Time limits have tests of their own; a busy test machine must not fail the others.
  const start = (node: 0 | 1 | 2) =>
    startNode(wires[node].url, prefix, {
      callTimeoutMs: 10_000,
      nodeId: nodeIds[node] as NodeId,
      timings,
      ...options,
    });
  const nodes: Harness['nodes'] = [start(0), start(1), start(2)];
  await listen(nodes);
  return {
    nodes,
    advance: async (ms) => void (await admin.eval(AGE_KEYS, 0, prefix, ms, TEST_TIMINGS.windowMs)),
    clock: () => readTime(admin),
    async kill(node) {
      wires[node].cut();
      await sleep(5); // what was under way is done or gone
      await admin.eval(AGE_TICKETS, 0, prefix, String(nodeIds[node]));
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      for (const wire of wires) wire.cut();
      const keys = await admin.keys(`${prefix}*`);
      if (keys.length > 0) await admin.del(...keys);
      admin.disconnect();
    },
  };
}

async function readTime(admin: Redis): Promise<number> {
  const [seconds, micros] = await admin.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

/** A node that begins to listen asks about its tickets: that would hide a message that was not sent. */
async function listen(nodes: Harness['nodes']): Promise<void> {
  await Promise.all(nodes.map((node) => node.subscribe(() => {})));
}

/** Three stores on a Redis Cluster. Nodes find its masters by themselves, so nobody can cut them off. */
export async function startClusterHarness(
  urls: readonly [string, ...string[]],
  ticketRenewMs = TEST_TIMINGS.ticketRenewMs,
): Promise<Harness> {
  const prefix = randomPrefix();
  const admins = urls.map((url) => new Redis(url));
  const timings = { ...TEST_TIMINGS, ticketRenewMs };
  const [first] = admins;
  if (!first) throw new Error('a cluster has masters');
  const start = () => startNode(urls[0], prefix, { urls, isCluster: true, callTimeoutMs: 10_000, timings });
  const nodes: Harness['nodes'] = [start(), start(), start()];
  await listen(nodes);
  // The connection to a master opens with its first call, which later ones may overtake.
  await Promise.all(nodes.map(flushAccounts));
  return {
    nodes,
    async advance(ms) {
      await Promise.all(admins.map((admin) => admin.eval(AGE_KEYS, 0, prefix, ms, TEST_TIMINGS.windowMs)));
    },
    clock: () => readTime(first),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      for (const admin of admins) {
        for (const key of await admin.keys(`${prefix}*`)) await admin.del(key);
        admin.disconnect();
      }
    },
  };
}
