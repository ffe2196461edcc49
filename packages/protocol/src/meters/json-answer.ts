import type { ProtocolUsage } from './stream-meter.ts';

/** What a whole (not streamed) answer says of its usage. */
export interface JsonAnswer {
  /** null = it gave no figures. */
  metered: (ProtocolUsage & { irregular: number }) | null;
}
