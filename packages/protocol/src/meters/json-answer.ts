import type { MeteredUsage } from '@tollgate/core';

/** What a whole (not streamed) answer says of its usage. */
export interface JsonAnswer {
  /** null = it gave no figures. */
  metered: (MeteredUsage & { irregular: number }) | null;
}
