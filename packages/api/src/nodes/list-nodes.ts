import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { SILENT_AFTER_MS } from '../changes/change-watch.ts';
import type { LiveNode } from '../live/live-store.ts';
import { requireLiveStore } from '../live/require-live-store.ts';

const nodeSchema = z.strictObject({
  id: z.string(),
  label: z.string().nullable(),
  /** null = of a version that does not say. */
  version: z.string().nullable(),
  /** By the node's own clock. */
  startedAt: z.string().nullable(),
  /** Requests that ran at its last heartbeat. */
  inFlight: z.int().nullable(),
  /** `silent`: it missed its last heartbeat, so it is dead, or cut off from the store. */
  state: z.enum(['live', 'silent']),
  lastHeardAt: z.string(),
  /** The last change that is in force there; null = none that is known. */
  number: z.int().nullable(),
  /** Changes that it is behind; null = not known. */
  lag: z.int().nullable(),
});

/** Gateway nodes, by id. A node that is gone is listed for up to 30 s more. */
export const listNodes = adminProcedure
  .output(z.strictObject({ number: z.int(), items: z.array(nodeSchema) }))
  .query(async ({ ctx: { services } }) => {
    const { number, nodes } = await requireLiveStore(services).listNodes();
    const nowMs = services.clock.nowMs();
    return { number, items: nodes.map((node) => mapNode(node, number, nowMs)) };
  });

function mapNode({ id, about, number, silentMs }: LiveNode, last: number, nowMs: number) {
  return {
    id,
    label: about?.label ?? null,
    version: about?.version ?? null,
    startedAt: about && new Date(about.startedAtMs).toISOString(),
    inFlight: about?.inFlight ?? null,
    state: silentMs < SILENT_AFTER_MS ? ('live' as const) : ('silent' as const),
    lastHeardAt: new Date(nowMs - silentMs).toISOString(),
    number,
    lag: number === null ? null : Math.max(0, last - number),
  };
}
