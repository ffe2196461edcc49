import { TRPCError } from '@trpc/server';
import type { ApiServices } from '../base/context.ts';
import type { LiveStore } from './live-store.ts';

/** The store that nodes share; throws PRECONDITION_FAILED where this process has none. */
export function requireLiveStore({ live }: ApiServices): LiveStore {
  if (live) return live;
  throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'This control plane has no live store.' });
}
