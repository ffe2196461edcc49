import type { Clock, Logger, NodeId } from '@tollgate/core';
import type { Timings } from '../timings.ts';

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database number if any. */
  url?: string;
  /** With `isCluster`: several nodes of the Cluster, any of which may be down at the start. */
  urls?: readonly [string, ...string[]];
  /** Before every key and the channel; no braces. Default `tg:`. */
  prefix?: string;
  /** Of this store alone: names its connections in Redis's CLIENT LIST, and its tickets. */
  nodeId: NodeId;
  logger?: Logger;
  /** The URLs lead to a Redis Cluster: each script call keeps to one hash tag. Default false. */
  isCluster?: boolean;
  /** False = it serves no requests: not counted among the nodes. Default true. */
  isNode?: boolean;
  /** No call waits longer for Redis (LIM-11). Default 250. */
  callTimeoutMs?: number;
  clock?: Clock;
  /** 0 ≤ x < 1: decides between equal accounts. Default Math.random. */
  random?: () => number;
  /** For tests. */
  timings?: Partial<Timings>;
}

/** Throws RangeError where there is none, or where one Redis has several. */
export function selectUrls({ url, urls, isCluster }: RedisStoreOptions): readonly [string, ...string[]] {
  const all = urls ?? (url === undefined ? null : ([url] as const));
  if (!all) throw new RangeError('the Redis store needs a URL');
  if (all.length > 1 && !isCluster) throw new RangeError('several URLs are those of a Cluster');
  return all;
}
