import type { Clock, Logger } from '@tollgate/core';

/** What a command connection is built with, to one Redis or to a Cluster. */
export interface LinkOptions {
  connectionName: string;
  callTimeoutMs: number;
  logger: Logger;
  clock: Clock;
  /** Called each time that calls can be sent again. */
  onUsable(): void;
}

/** Connections that fail are tried again after this. */
export function selectRetryMs(failures: number): number {
  return Math.min(25 * 2 ** Math.min(failures, 10), RECONNECT_MS_MAX);
}

const RECONNECT_MS_MAX = 1_000;
