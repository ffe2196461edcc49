import { formatUsd, type AccountId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { idField } from '../fields/text-fields.ts';
import type { LiveStore } from '../live/live-store.ts';
import { requireLiveStore } from '../live/require-live-store.ts';

const { accounts } = schema;

const stateSchema = z.strictObject({
  /** null = the whole account. */
  upstreamModel: z.string().nullable(),
  kind: z.enum(['rate-limited', 'overloaded', 'paused', 'error', 'breaker-open']),
  reason: z.string(),
  since: z.string(),
  /** The end; of `error` and `breaker-open` the moment from which on a probe may go. */
  until: z.string(),
  isProbing: z.boolean(),
});

const outputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Empty = nothing stands against the account. */
  states: z.array(stateSchema),
  /** LIM-7: live ones. */
  sessions: z.int(),
  /** LIM-8, USD at standard prices; null = not known at the moment. */
  windowCost: z.strictObject({ spent: z.string(), startedAt: z.string(), endsAt: z.string() }).nullable(),
  /** ACC-5: what the upstream says of its own windows. */
  upstreamWindows: z.array(
    z.strictObject({
      name: z.string(),
      utilization: z.number().nullable(),
      resetsAt: z.string().nullable(),
      status: z.string().nullable(),
    }),
  ),
});

const inputSchema = z.strictObject({ ...pageFields, accountId: idField.optional() });

/** What nodes know of the accounts now, oldest account first. */
export const listAccountStates = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(outputSchema))
  .query(async ({ ctx, input }) => {
    const live = requireLiveStore(ctx.services);
    const rows = await ctx.services.db
      .select({ id: accounts.id, name: accounts.name })
      .from(accounts)
      .where(
        and(
          input.cursor ? gt(accounts.id, input.cursor) : undefined,
          input.accountId ? eq(accounts.id, input.accountId) : undefined,
        ),
      )
      .orderBy(asc(accounts.id))
      .limit(input.limit + 1);
    const page = buildPage(
      rows,
      input.limit,
      (row) => row,
      (row) => row.id,
    );
    return { ...page, items: await describeAccounts(live, page.items) };
  });

async function describeAccounts(live: LiveStore, rows: readonly { id: string; name: string }[]) {
  const ids = rows.map(({ id }) => id as AccountId);
  const [states, sessions, costs, windows] = await Promise.all([
    live.listAccountStates(ids),
    live.countSessions(ids),
    live.readWindowCosts(ids),
    live.listUpstreamWindows(ids),
  ]);
  const statesOf = Map.groupBy(states, ({ accountId }) => accountId as string);
  return rows.map((row, index) => ({
    ...row,
    states: (statesOf.get(row.id) ?? []).map(mapState),
    sessions: sessions[index] ?? 0,
    windowCost: mapWindowCost(costs[index] ?? null),
    upstreamWindows: (windows[index] ?? []).map(({ name, utilization, resetsAtMs, status }) => ({
      name,
      utilization,
      resetsAt: resetsAtMs === null ? null : formatInstant(resetsAtMs),
      status,
    })),
  }));
}

type Shown = z.infer<typeof outputSchema>;

function mapState(
  state: Awaited<ReturnType<LiveStore['listAccountStates']>>[number],
): Shown['states'][number] {
  const { upstreamModel, kind, reason, sinceMs, untilMs, isProbing } = state;
  return {
    upstreamModel,
    kind,
    reason,
    since: formatInstant(sinceMs),
    until: formatInstant(untilMs),
    isProbing,
  };
}

function mapWindowCost(cost: Awaited<ReturnType<LiveStore['readWindowCosts']>>[number]): Shown['windowCost'] {
  if (!cost) return null;
  const { spent, startMs, endMs } = cost;
  return { spent: formatUsd(spent), startedAt: formatInstant(startMs), endsAt: formatInstant(endMs) };
}

function formatInstant(atMs: number): string {
  return new Date(atMs).toISOString();
}
