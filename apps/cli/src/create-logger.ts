import type { Logger } from '@tollgate/core';
import { destination, pino } from 'pino';

/** JSON lines on stderr: stdout belongs to what commands print. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, destination({ fd: 2, sync: true }));
}
