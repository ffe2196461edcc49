import { SEED_TOKEN_TTL_MS } from './money-port.ts';
import { HEARTBEAT_MS, LEASE_TTL_MS, WINDOW_MS } from './port.ts';
import { TICKET_RENEW_MS, TICKET_TTL_MS } from './port.ts';

const COLLECT_MS = 1_000;
const HOLDER_MS = 10_000;
const CHECK_MS = 1_000;

/** The store's spans of time, all in ms. Only tests change them. */
export interface Timings {
  leaseTtlMs: number;
  heartbeatMs: number;
  windowMs: number;
  seedTokenTtlMs: number;
  ticketTtlMs: number;
  ticketRenewMs: number;
  /** Successes and upstream windows are added up for this long before they are sent. */
  collectMs: number;
  /** A node says again after this that it holds money of a user's. */
  holderMs: number;
  /** How often a node looks whether messages were published that it did not hear. */
  checkMs: number;
}

export const DEFAULT_TIMINGS: Readonly<Timings> = Object.freeze({
  leaseTtlMs: LEASE_TTL_MS,
  heartbeatMs: HEARTBEAT_MS,
  windowMs: WINDOW_MS,
  seedTokenTtlMs: SEED_TOKEN_TTL_MS,
  ticketTtlMs: TICKET_TTL_MS,
  ticketRenewMs: TICKET_RENEW_MS,
  collectMs: COLLECT_MS,
  holderMs: HOLDER_MS,
  checkMs: CHECK_MS,
});
