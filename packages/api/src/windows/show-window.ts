import { z } from 'zod';
import { normaliseAmount, normaliseUsd } from '../fields/number-fields.ts';

/** What a window of spending shows at one moment. */
export const windowSchema = z.strictObject({
  /** USD; null = no limit: what is spent counts all the same. */
  limit: z.string().nullable(),
  /** USD, actual cost, in the present window. */
  spent: z.string(),
  /** When it began: with its first use. null = none runs, the next use begins it. */
  startedAt: z.string().nullable(),
  /** When it is over; null = none runs, or it never is. */
  endsAt: z.string().nullable(),
});

export type SpendWindow = z.infer<typeof windowSchema>;

export interface WindowFigures {
  limit: string | null;
  spent: string;
  startedAt: Date | null;
}

/** The window at `nowMs`: one that is over shows as one that has not begun. */
export function showWindow(figures: WindowFigures, lengthMs: number, nowMs: number): SpendWindow {
  const { startedAt } = figures;
  const limit = normaliseAmount(figures.limit);
  const endsAtMs = startedAt === null ? null : startedAt.getTime() + lengthMs;
  if (startedAt === null || endsAtMs === null || endsAtMs <= nowMs) {
    return { limit, spent: '0', startedAt: null, endsAt: null };
  }
  return {
    limit,
    spent: normaliseUsd(figures.spent),
    startedAt: startedAt.toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  };
}
